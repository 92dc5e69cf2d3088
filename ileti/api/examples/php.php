<?php // ILETI=https://izin.ornek.com.tr  ILETI_KEY=ilt_…
function api(string $method, string $path, ?array $body = null, array $headers = []): array
{
    $call = curl_init(getenv('ILETI') . '/api/v1' . $path);
    curl_setopt_array($call, [
        CURLOPT_CUSTOMREQUEST => $method,
        CURLOPT_RETURNTRANSFER => true,
        CURLOPT_HTTPHEADER => array_merge([
            'Authorization: Bearer ' . getenv('ILETI_KEY'),
            'Content-Type: application/json',
        ], $headers),
    ]);
    if ($body !== null) {
        curl_setopt($call, CURLOPT_POSTFIELDS, json_encode($body));
    }
    $said = json_decode(curl_exec($call), true);
    if (curl_getinfo($call, CURLINFO_RESPONSE_CODE) >= 400) {
        throw new RuntimeException($said['code'] . ': ' . $said['detail']);
    }
    return $said;
}

$done = api('POST', '/consents', [
    'address' => '0599 213 41 14', 'channel' => 'MESAJ', 'status' => 'ONAY',
    'source' => 'HS_WEB', 'consentDate' => date(DATE_ATOM),
], ['Idempotency-Key: siparis-4711-php']);
echo $done['record'], ' ', $done['outcome'], PHP_EOL;
