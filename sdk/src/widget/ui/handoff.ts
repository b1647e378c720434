// The link to go on with on a phone, as a picture for its camera and as text;
// then, while the phone is at it, how far it is.
import { css, html, svg, type SVGTemplateResult, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import { encode } from 'uqr';
import { base } from './design';
import { ScreenElement } from './element';
import { draw } from './icons';

@customElement('okyc-handoff')
export class HandoffElement extends ScreenElement {
  static override styles = [base, css`
    .middle { flex: 1 1 auto; display: flex; flex-direction: column; align-items: center; justify-content: center; gap: 16px; text-align: center; }
    /* Dark on light whatever the theme: that is what cameras look for. */
    .qr { width: min(240px, 70vw); aspect-ratio: 1; border-radius: var(--radius); background: #ffffff; border: 1px solid var(--line); padding: 4px; }
    .qr svg { width: 100%; height: 100%; }
    .qr path { fill: #10151f; }
    ol { margin: 0; padding-inline-start: 1.3em; text-align: start; display: flex; flex-direction: column; gap: 4px; }
    details { max-width: 100%; }
    summary { cursor: pointer; color: var(--accent); padding: 8px; }
    code { display: block; overflow-wrap: anywhere; text-align: start; padding: 12px 16px; border-radius: var(--radius); background: var(--raised); font: 0.8125rem/1.4 ui-monospace, SFMono-Regular, Menlo, monospace; user-select: all; }
    .mark { width: 88px; height: 88px; border-radius: 50%; display: grid; place-items: center; background: var(--accent-soft); color: var(--accent); }
  `];

  protected override render(): TemplateResult {
    return this.flow.screen === 'on-phone' ? this.away() : this.offer();
  }

  private offer(): TemplateResult {
    const { words, flow } = this;
    return html`<div class="screen">
      <div class="intro"><h1 tabindex="-1">${words('handoffTitle')}</h1><p class="muted">${words('handoffText')}</p></div>
      <div class="middle">
        <div class="qr" role="img" aria-label=${words('handoffCode')} data-testid="qr">${picture(flow.link)}</div>
        <ol class="small muted"><li>${words('handoffStep1')}</li><li>${words('handoffStep2')}</li><li>${words('handoffStep3')}</li></ol>
        <details><summary class="small">${words('handoffLink')}</summary><code data-testid="link">${flow.link}</code></details>
      </div>
      <p class="small muted">${words('handoffOnce')}</p>
      <div class="actions"><button data-testid="stay-here" @click=${() => flow.stayHere()}>${words('handoffHere')}</button></div>
    </div>`;
  }

  private away(): TemplateResult {
    const { words, flow } = this;
    const { state } = flow;
    const steps = state?.steps.length ?? 1;
    return html`<div class="screen">
      <div class="middle" role="status">
        <div class="mark">${draw('phone', 40)}</div>
        <div class="intro"><h1 tabindex="-1">${words('onPhoneTitle')}</h1><p class="muted">${words('onPhoneText')}</p></div>
        <p class="unseen">${words('stepOf', { step: Math.min((state?.step ?? 0) + 1, steps), total: steps })}</p>
      </div>
      <p class="small muted">${words('onPhoneStuck')}</p>
      <div class="actions"><button data-testid="stay-here" @click=${() => flow.stayHere()}>${words('handoffHere')}</button></div>
    </div>`;
  }
}

/** The dark squares of a QR code (ISO/IEC 18004), runs of a row as one shape. */
function picture(text: string): SVGTemplateResult {
  const { data, size } = encode(text, { ecc: 'M', border: 4 });
  let shape = '';
  data.forEach((row, y) => {
    for (let x = 0; x < row.length; x++) {
      const from = x;
      while (row[x]) x++;
      if (x > from) shape += `M${from} ${y}h${x - from}v1h${from - x}z`;
    }
  });
  return svg`<svg viewBox="0 0 ${size} ${size}" shape-rendering="crispEdges" aria-hidden="true" focusable="false"><path d=${shape}/></svg>`;
}
