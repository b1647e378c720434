// Shows what was read off the document, to be looked over and corrected before
// it counts. Only scenarios that allow it come here.
import { css, html, nothing, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import type { ReadField } from '../api';
import type { Key } from '../i18n';
import { base } from './design';
import { ScreenElement } from './element';

/** The contract's titles in the person's words. */
const titles: Record<string, Key> = {
  'Surname': 'fieldSurname', 'Given name(s)': 'fieldGiven', "Father's name": 'fieldFather', 'Sex': 'fieldSex', 'Date of birth': 'fieldBirth', 'Place of birth': 'fieldPlace',
  'Document series': 'fieldSeries', 'Document number': 'fieldNumber', 'Date of issue': 'fieldIssued', 'DateOfExpiry': 'fieldExpiry', 'Issuing authority': 'fieldAuthority', 'Issuing authority code': 'fieldAuthorityCode',
};

@customElement('okyc-review')
export class ReviewElement extends ScreenElement {
  static override styles = [base, css`
    form { display: flex; flex-direction: column; gap: 14px; flex: 1 0 auto; }
    label { display: flex; flex-direction: column; gap: 4px; font-weight: 600; font-size: 0.875rem; }
    input { font: inherit; font-weight: 400; font-size: 1rem; line-height: 1.4; color: var(--text); background: var(--surface); border: 1px solid var(--muted); border-radius: var(--radius); padding: 11px 14px; min-height: 48px; width: 100%; }
    input.doubtful { border-color: var(--warn); background: var(--warn-soft); }
    .note { font-weight: 400; color: var(--warn); }
    .wrong { color: var(--bad); padding: 10px 14px; border-radius: var(--radius); background: var(--bad-soft); }
  `];

  @state() private wrong = false;
  @state() private busy = false;

  protected override render(): TemplateResult {
    const { words, flow } = this;
    const fields = flow.state?.fields ?? [];
    return html`<div class="screen">
      <div class="intro"><h1 tabindex="-1">${words('reviewTitle')}</h1><p class="muted">${words('reviewText')}</p></div>
      <form @submit=${this.send} autocomplete="off">
        ${fields.map((f) => this.field(f))}
        ${this.wrong ? html`<p class="wrong small" role="alert" data-testid="review-wrong">${words('reviewWrong')}</p>` : nothing}
        <div class="actions"><button class="primary" data-testid="confirm-fields" ?disabled=${this.busy}>${words('reviewConfirm')}</button>
          ${flow.state?.retakable === true ? html`<button type="button" data-testid="retake-read" ?disabled=${this.busy} @click=${this.again}>${words('reviewRetake')}</button>` : nothing}</div>
      </form>
    </div>`;
  }

  private field(f: ReadField): TemplateResult {
    const title = titles[f.title];
    return html`<label><span>${title ? this.words(title) : f.title}</span>
      <input class=${f.doubtful ? 'doubtful' : ''} name=${f.title} .value=${f.value} maxlength="200" required spellcheck="false" autocapitalize="characters">
      ${f.doubtful ? html`<span class="note">${this.words('reviewDoubtful')}</span>` : nothing}</label>`;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    window.addEventListener('resize', this.keepInSight);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    window.removeEventListener('resize', this.keepInSight);
  }

  /** A keyboard on the screen takes half of it: the field that is typed into stays in the other. */
  private readonly keepInSight = (): void => this.shadowRoot?.activeElement?.closest('label')?.scrollIntoView({ block: 'center' });

  private readonly again = async (): Promise<void> => {
    this.busy = true;
    await this.flow.retakeRead();
    this.busy = false;
  };

  private readonly send = async (event: Event): Promise<void> => {
    event.preventDefault();
    const values = [...new FormData(event.target as HTMLFormElement)].map(([title, value]) => ({ title, value: String(value).trim() }));
    this.busy = true;
    this.wrong = (await this.flow.correct(values)) !== '';
    this.busy = false;
  };
}
