/** The part of a dealer's kiosk that works without network. */
import { start } from "./kiosk/page";

void start();
