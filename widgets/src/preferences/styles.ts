/** The preference centre's own look, on top of the consent widget's sheet. */
const CSS = `
h3,h4{font-size:1em;line-height:1.5;font-weight:600}
h3{font-size:1.125em}
.card{border:1px solid var(--line);border-radius:var(--r);background:var(--bg)}
.card>h3,.card>summary,.pref,.card>.pad{padding:14px 16px}
summary{cursor:pointer;min-height:44px}
.pref{display:grid;grid-template-columns:minmax(0,1fr) minmax(0,14em);gap:10px 16px;border-top:1px solid var(--line)}
.pref:first-child{border-top:0}
.says{font-weight:500}
.says:before{content:"";display:inline-block;width:.7em;height:.7em;margin-inline-end:.5em;border:2px solid;border-radius:50%}
.on,.coming{color:light-dark(#17663f,#72ce9a)}
.on:before{background:currentColor}
.off,.ret{color:light-dark(#6f3480,#d6a6e4)}
.off:before{background:linear-gradient(currentColor,currentColor) center/70% 2px no-repeat}
.unverified,.unusable{color:light-dark(#7a4f00,#e7b65c)}
.facts{font-size:max(15px,.9375em)}
.quote{margin-top:6px;padding-inline-start:12px;border-inline-start:3px solid var(--line)}
.changed ins,.changed b{font-weight:600}
.changed del{opacity:.8}
.do{display:grid;gap:8px;align-content:start}
.button.second{border-color:var(--edge);color:inherit;font-weight:500}
.past{list-style:none;padding:0}
.past li{display:flex;justify-content:space-between;gap:12px;padding:10px 16px;border-top:1px solid var(--line)}
.past li>div{min-width:0}
.said{border:1px solid var(--line)}
.said:focus{outline:0}
.links{display:flex;flex-wrap:wrap;gap:0 20px}
.links a{display:inline-flex;align-items:center;min-height:44px;color:var(--ac)}
a{color:var(--ac)}
@container (max-width:520px){.pref{grid-template-columns:minmax(0,1fr)}}
.widget{container-type:inline-size}
@media(forced-colors:active){.card,.quote,.button{border-color:CanvasText}}
`;

export function preferenceSheet(): CSSStyleSheet {
  const made = new CSSStyleSheet();
  made.replaceSync(CSS);
  return made;
}
