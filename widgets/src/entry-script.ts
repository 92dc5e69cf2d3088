/**
 * The one-tag way: `<script src="…/ileti.js" data-site="pk_…" defer>` puts the element into the
 * page by itself: into `data-target`, else before the button of `data-form`, else where the tag is.
 */
import { define, origin } from "./element";

const tag = document.currentScript as HTMLScriptElement | null;

function insert(tag: HTMLScriptElement): void {
  const { target, form } = tag.dataset;
  // The element reads a fixed list of settings, so that handing over all of them is harmless.
  const element = document.createElement("ileti-consent");
  Object.assign(element.dataset, tag.dataset);
  const button = form && document.querySelector(`${form} [type=submit],${form} button:not([type])`);
  if (target) document.querySelector(target)?.append(element);
  else if (button) button.before(element);
  else tag.before(element);
}

if (tag) {
  origin.base ||= tag.src.replace(/\/static\/widgets\/.*$/, "");
  define();
  if (tag.dataset.site) {
    if (document.readyState === "loading") addEventListener("DOMContentLoaded", () => insert(tag));
    else insert(tag);
  }
}
