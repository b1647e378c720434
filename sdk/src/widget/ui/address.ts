// The proof of address: says which paper will do, and takes a photo by the
// phone's own camera, whose pictures show small print, or a file.
import { css, html, nothing, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import type { Key } from '../i18n';
import { base } from './design';
import { ScreenElement } from './element';
import './filepicker';
import { draw } from './icons';

const kinds: Record<string, Key> = {
  utility_bill: 'proofUtility', phone_bill: 'proofPhone', bank_statement: 'proofBank', tax_letter: 'proofTax', insurance_letter: 'proofInsurance', government_letter: 'proofGovernment',
};

@customElement('okyc-address')
export class AddressElement extends ScreenElement {
  static override styles = [base, css`
    h2 { font-size: 1rem; line-height: 1.35; font-weight: 600; margin: 4px 0 8px; }
    ul { list-style: none; margin: 0; padding: 0; display: flex; flex-direction: column; gap: 10px; }
    li { display: flex; gap: 10px; align-items: flex-start; }
    li svg { margin-top: 2px; color: var(--good); }
    .card { padding: 16px; border-radius: var(--radius); background: var(--raised); }
  `];

  protected override render(): TemplateResult {
    const { words, flow } = this;
    const state = flow.state;
    const proof = state?.steps[state.step]?.proof;
    const allowed = (proof?.kinds?.length ? proof.kinds : Object.keys(kinds)).flatMap((k) => kinds[k] ?? []);
    const picked = (picture: Blob): void => flow.preview(picture);
    const phone = matchMedia('(pointer: coarse)').matches;
    const point = (text: string): TemplateResult => html`<li>${draw('check', 20)}<span>${text}</span></li>`;
    return html`<div class="screen">
      <div class="intro"><h1 tabindex="-1">${words('addressTitle')}</h1><p class="muted">${words('addressText')}</p></div>
      <section class="card"><h2>${words('addressKinds')}</h2><ul data-testid="kinds">${allowed.map((key) => point(words(key)))}</ul></section>
      <section><h2>${words('addressShows')}</h2><ul>
        ${point(words('addressName'))}
        ${proof ? point(words(proof.unit === 'days' ? 'addressDays' : 'addressMonths', { age: proof.maxAge })) : nothing}
        ${point(words('addressWhole'))}
      </ul></section>
      <div class="actions">
        ${phone ? html`<okyc-file photograph primary label=${'addressPhotograph'} icon="camera" .words=${words} .picked=${picked}></okyc-file>` : nothing}
        <okyc-file pdf ?primary=${!phone} label=${'addressUpload'} .words=${words} .picked=${picked}></okyc-file>
        <p class="small muted">${words('addressFiles')}</p>
      </div>
    </div>`;
  }
}
