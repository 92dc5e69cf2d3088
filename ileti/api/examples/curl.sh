# ILETI=https://izin.ornek.com.tr  ILETI_KEY=ilt_…
NOW=$(date -u +%Y-%m-%dT%H:%M:%SZ)
api() { curl -sS --fail-with-body -H "Authorization: Bearer $ILETI_KEY" "$@"; }

api "$ILETI/api/v1/consents" -H 'Content-Type: application/json' \
  -H "Idempotency-Key: siparis-4711-curl" -d '{
    "address": "0599 213 41 11", "channel": "MESAJ", "status": "ONAY",
    "source": "HS_WEB", "consentDate": "'"$NOW"'"}'
api "$ILETI/api/v1/consents/status" -H 'Content-Type: application/json' \
  -d '{"addresses": ["0599 213 41 11"]}'
api "$ILETI/api/v1/consents?limit=10"
