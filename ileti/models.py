"""All tables at once, for migrations and for the guard tests that walk every model."""

from __future__ import annotations

from ileti.core import orm as _orm  # isort: skip  (names the metadata before any table joins it)
import flask_appbuilder.security.sqla.models  # noqa: F401
from flask_appbuilder import Model

import ileti.callcentre.models
import ileti.calllists.models
import ileti.campaigns.runmodels
import ileti.capture.models
import ileti.capture.papermodels
import ileti.channels.accountmodels
import ileti.channels.models
import ileti.channels.voicemodels
import ileti.compat.models
import ileti.consents.models
import ileti.documents.models
import ileti.evidence.models
import ileti.exports.models
import ileti.fields.models
import ileti.imports.models
import ileti.inbound.models
import ileti.iys.daymodels
import ileti.iys.models
import ileti.kvkk.models
import ileti.mailroom.models
import ileti.outbox.models
import ileti.programs.models
import ileti.radar.models
import ileti.recipients.models
import ileti.reports.daily.models
import ileti.reports.models
import ileti.requests.models
import ileti.retention.models
import ileti.signin.models
import ileti.templates.models
import ileti.templates.picturemodels
import ileti.tenancy.models
import ileti.tenancy.savedviews
import ileti.webhooks.models  # noqa: F401

metadata = Model.metadata
assert metadata is _orm.db.metadata
