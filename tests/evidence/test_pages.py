from typing import Any
import os, time
from sealed_house import take, seal_all
from ileti.consents import bundle as bundling
from ileti.evidence import stamping
def test_try(shop: Any, authority_url: str) -> None:
    ids=[item.entry_id for one in take(shop, 2) for item in one.items]
    seal_all(); stamping.stamp_due()
    t=time.time(); made=bundling.build(shop.provider_id, ids); print("took", time.time()-t, list(made.files))
    open("/tmp/kanit.pdf","wb").write(made.files["kanit.pdf"])
