// Upload progress, then waiting for the verdict.
import { css, html, nothing, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { base } from './design';
import { ScreenElement } from './element';

const LONG_MS = 15_000;

@customElement('okyc-processing')
export class ProcessingElement extends ScreenElement {
  static override styles = [base, css`
    .screen { align-items: center; justify-content: center; text-align: center; gap: 20px; }
    .spin { animation: spin 1.1s linear infinite; }
    @keyframes spin { to { transform: rotate(360deg); } }
    .track { stroke: var(--line); }
    .bar { stroke: var(--accent); stroke-linecap: round; transition: stroke-dasharray 0.2s; }
    circle { fill: none; stroke-width: 5; }
    svg { transform: rotate(-90deg); }
  `];

  @state() private long = false;
  private timer = 0;

  override connectedCallback(): void {
    super.connectedCallback();
    this.timer = window.setTimeout(() => (this.long = true), LONG_MS);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.timer);
  }

  protected override render(): TemplateResult {
    const { words, flow } = this;
    const sending = flow.progress !== undefined;
    const percent = Math.round((flow.progress ?? 0.28) * 100);
    return html`<div class="screen">
      <div class=${sending ? '' : 'spin'} role="progressbar" aria-valuemin="0" aria-valuemax="100" aria-label=${words(sending ? 'sendingTitle' : 'processingTitle')}
        aria-valuenow=${sending ? String(percent) : nothing}>
        <svg width="84" height="84" viewBox="0 0 84 84" aria-hidden="true"><circle class="track" cx="42" cy="42" r="36"/>
          <circle class="bar" cx="42" cy="42" r="36" pathLength="100" stroke-dasharray="${Math.max(2, percent)} 100"/></svg>
      </div>
      <div class="intro">
        <h1 tabindex="-1">${words(sending ? 'sendingTitle' : 'processingTitle')}</h1>
        <p class="muted" role="status">${words(sending ? 'sendingText' : this.long ? 'processingLong' : 'processingText')}</p>
      </div>
    </div>`;
  }
}
