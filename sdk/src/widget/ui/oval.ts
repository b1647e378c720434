// The oval that a face belongs into, with a ring that fills; size is a share of
// what the stage has room for.
import { html, type TemplateResult } from 'lit';

export function oval(width: number, height: number, share: number, good: boolean, size = 1): TemplateResult {
  const whole = Math.min((height - 84) / 2, (width - 48) / 1.52);
  const ry = whole * size;
  const rx = ry * 0.76;
  const cx = width / 2;
  const cy = Math.max(whole + 14, (height - 44) / 2);
  const path = `M${cx} ${cy - ry}A${rx} ${ry} 0 1 1 ${cx} ${cy + ry}A${rx} ${ry} 0 1 1 ${cx} ${cy - ry}Z`;
  return html`<svg class="guide" viewBox="0 0 ${width} ${height}" aria-hidden="true">
    <path class="veil" fill-rule="evenodd" d="M0 0H${width}V${height}H0Z${path}"/>
    <path class="edge ${good ? 'good' : ''}" d=${path}/>
    <path class="ring" d=${path} pathLength="100" stroke-dasharray="${Math.round(share * 100)} 200" opacity=${share > 0 ? 1 : 0}/>
  </svg>`;
}
