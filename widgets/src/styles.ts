/**
 * The widget's look: the host's font and ink, one accent, hairlines.
 *
 * Ink is inherited and greys are mixed from it, so that the widget is readable on any ground of the
 * host without a setting. Dark follows the page's own `color-scheme`. State colours and the focus
 * ring are ours and are never branded. Short names are set below the host element, so that a page's
 * own `--line` or `--bg` may feed ours. Text is never below 16 px (12 pt, R-14) and grows with the
 * reader's own size. A constructed sheet needs no `style-src` from the page. What has just appeared
 * takes no click for half a second: the second half of a double click must not choose anything.
 */
export const CSS = `
:host{display:block;color:var(--ileti-ink,inherit)}
:host([hidden]),[hidden]{display:none!important}
*{box-sizing:border-box;margin:0}
.widget{--ac:var(--ileti-accent,light-dark(#1d4c9c,#86acf5));
--on:var(--ileti-on-accent,light-dark(#fff,#0b1426));
--bad:light-dark(#ae251c,#ff958b);
--r:var(--ileti-radius,8px);
--bg:var(--ileti-bg,transparent);
--soft:var(--ileti-soft,color-mix(in srgb,currentColor 4%,transparent));
--line:var(--ileti-line,color-mix(in srgb,currentColor 16%,transparent));
--edge:var(--ileti-edge,color-mix(in srgb,currentColor 60%,transparent));
font-family:var(--ileti-font,inherit);font-size:max(16px,1rem,1em);line-height:1.5;text-align:start;overflow-wrap:anywhere}
b,strong,label,legend,h2,.button,.error{font-weight:600}
h2{font-size:1.375em;line-height:1.3}
h2:focus{outline:0}
.m{color:var(--ileti-ink-2,color-mix(in srgb,currentColor 76%,transparent))}
.grid{display:grid;gap:var(--ileti-gap,20px)}
.field{display:grid;gap:6px}
.free{margin-top:8px}
input,select,button{font:inherit;color:inherit}
.input,.button{width:100%;min-height:48px;padding:8px 13px;border:1px solid var(--edge);border-radius:var(--r);background:var(--bg)}
[aria-invalid]{border:2px solid var(--bad);padding:7px 12px}
.i{flex:none;width:1.125em;height:1.125em;margin-top:.19em;fill:none;stroke:currentColor;stroke-width:2;
stroke-linecap:round;stroke-linejoin:round}
fieldset{min-width:0;padding:8px 16px 4px;border:1px solid var(--line);border-radius:var(--r);background:var(--soft)}
legend{padding:0 6px;margin-left:-6px}
.choice,.error,.proof,.well,.done{display:flex;gap:12px}
.choice{padding:12px 0;font-weight:400;cursor:pointer}
.choice+.choice,.notice,.list>*{border-top:1px solid var(--line)}
.box{flex:none;appearance:none;width:22px;height:22px;margin:1px 0;background:var(--bg);border:2px solid var(--edge);
border-radius:5px;display:grid;place-items:center}
.box:checked,.button{background:var(--ac);border-color:var(--ac);color:var(--on)}
.box:checked:after{content:"";width:6px;height:11px;margin-top:-3px;border:solid;border-width:0 2.5px 2.5px 0;transform:rotate(45deg)}
:focus-visible{outline:3px solid light-dark(#0b57d0,#9cc0ff);outline-offset:2px}
.notice{padding-top:16px}
.more{display:block;white-space:pre-line}
.link,.second{color:var(--ac);background:0}
.link{text-decoration:underline;text-underline-offset:3px;border:0;padding:0}
button{cursor:pointer}
button.link{min-height:44px;padding:0 4px}
[aria-disabled=true]{cursor:default}
.button[aria-disabled=true]{opacity:.7}
.link[aria-disabled=true]{color:inherit;text-decoration:none}
.row{display:flex;flex-wrap:wrap;gap:0 16px;justify-content:space-between;align-items:center}
.middle{justify-content:center}
.well{padding:14px 16px;border-radius:var(--r);background:var(--soft)}
.failure{border:1px solid var(--bad);background:0}
.error,.failure>.i{color:var(--bad)}
.error>.i,.failure>.i{rotate:180deg}
.code{font-size:1.75em;letter-spacing:.2em;font-weight:600;min-height:60px}
.done{align-items:center}
.done span{display:grid;padding:10px;border-radius:50%;background:light-dark(#e2f1e8,#12291d);color:light-dark(#17663f,#72ce9a)}
.done .i{margin:0}
.list>*{display:flex;justify-content:space-between;gap:16px;padding:10px 0}
dd{text-align:end}
dd>*{display:block}
.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.widget>*,[role=alert]>*{animation:calm .5s}
@keyframes calm{0%,99%{pointer-events:none}}
@media(forced-colors:active){.box{appearance:auto}.box:after{display:none}}
`;

export function sheet(): CSSStyleSheet {
  const made = new CSSStyleSheet();
  made.replaceSync(CSS);
  return made;
}
