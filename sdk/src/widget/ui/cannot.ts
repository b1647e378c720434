// For people who cannot take a selfie or turn their head: what happens when they
// say so, and the way back.
import { html, nothing, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import type { Flow } from '../flow';
import type { Words } from '../i18n';
import { base } from './design';
import { ScreenElement } from './element';

@customElement('okyc-cannot')
export class CannotElement extends ScreenElement {
  static override styles = [base];

  protected override render(): TemplateResult {
    const { words, flow } = this;
    return html`<div class="screen">
      <div class="intro"><h1 tabindex="-1">${words('cannotTitle')}</h1><p class="muted">${words('cannotText')}</p></div>
      <div class="actions">
        <button class="primary" data-testid="excuse" @click=${() => void flow.excuse()}>${words('cannotGoOn')}</button>
        <button data-testid="try-it" @click=${() => flow.goToStep()}>${words('cannotBack')}</button>
      </div>
    </div>`;
  }
}

/** The way there, where the scenario offers it. */
export function cannot(flow: Flow, words: Words): TemplateResult | typeof nothing {
  return flow.state?.excusable === true ? html`<button class="plain small" data-testid="cannot" @click=${() => flow.cannot()}>${words('cannotOffer')}</button>` : nothing;
}
