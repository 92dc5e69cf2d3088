/** The one-tag way: `<script src="…/ileti-notice.js" defer>` makes every `<ileti-notice>` of the page live. */
import { define, origin } from "./notice";

const tag = document.currentScript as HTMLScriptElement | null;
origin.base ||= (tag?.src ?? "").replace(/\/static\/widgets\/.*$/, "");
define();
