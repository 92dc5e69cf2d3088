/** The service worker of a dealer's kiosk; the server writes its files and version before this. */
import { work } from "./kiosk/worker";

work(self as unknown as Parameters<typeof work>[0]);
