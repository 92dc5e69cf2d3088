/** `<script src="…/ileti-preferences.js" defer>` and `<ileti-preferences data-site="pk_…">`. */
import { define, origin } from "./preferences/element";

const tag = document.currentScript as HTMLScriptElement | null;
if (tag) origin.base ||= tag.src.replace(/\/static\/widgets\/.*$/, "");
define();
