// Asks before an unfinished check is closed.
import { LitElement, css, html, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { Words } from '../i18n';
import { base } from './design';

@customElement('okyc-confirm')
export class ConfirmElement extends LitElement {
  static override styles = [base, css`
    :host { align-items: center; justify-content: center; }
    .box { display: flex; flex-direction: column; gap: 14px; padding: 24px; width: min(420px, 100%); text-align: center; }
    .actions { margin-top: 8px; }
  `];

  @property({ attribute: false }) words!: Words;
  /** Opened by a link from another device, which does not open again. */
  @property({ attribute: false }) linked = false;

  protected override render(): TemplateResult {
    const { words } = this;
    return html`<div class="box" role="alertdialog" aria-modal="true" aria-labelledby="title" aria-describedby="text" data-testid="confirm">
      <h1 id="title">${words('closeTitle')}</h1>
      <p id="text" class="muted">${words(this.linked ? 'closeTextLinked' : 'closeText')}</p>
      <div class="actions">
        <button class="primary" data-testid="stay" @click=${() => this.dispatchEvent(new Event('stay'))}>${words('closeStay')}</button>
        <button data-testid="leave" @click=${() => this.dispatchEvent(new Event('leave'))}>${words('closeLeave')}</button>
      </div>
    </div>`;
  }

  protected override firstUpdated(): void {
    this.renderRoot.querySelector<HTMLElement>('button.primary')?.focus();
  }
}
