// A button that lets the person choose a photo file, for documents only.
import { LitElement, css, html, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { readFile } from '../camera';
import type { Words } from '../i18n';
import { base } from './design';
import { draw } from './icons';

@customElement('okyc-file')
export class FileElement extends LitElement {
  static override styles = [base, css`
    button { width: 100%; }
    :host([small]) button { width: auto; gap: 6px; padding: 8px 4px; font-size: 0.875rem; line-height: 1.2; border-color: transparent; background: transparent; color: var(--accent); text-align: start; }
    :host([small]) button:hover { background: var(--accent-soft); }
    p { color: var(--bad); margin-top: 8px; }
    :host([small]) p { position: absolute; left: 20px; right: 20px; bottom: 100%; padding: 10px 14px; border-radius: var(--radius); background: var(--bad-soft); z-index: 3; }
  `];

  @property({ attribute: false }) words!: Words;
  @property({ attribute: false }) picked: (picture: Blob) => void = () => undefined;
  @property({ type: Boolean, reflect: true }) small = false;
  @state() private bad = false;

  protected override render(): TemplateResult {
    return html`
      <button data-testid="upload" @click=${this.choose}>${draw('upload', 20)}<span>${this.words('documentUpload')}</span></button>
      <input hidden type="file" accept="image/jpeg,image/png" data-testid="file" @change=${this.read}>
      ${this.bad ? html`<p class="small" role="alert" data-testid="file-bad">${this.words('fileBad')}</p>` : nothing}`;
  }

  private readonly choose = (): void => {
    this.bad = false;
    this.renderRoot.querySelector<HTMLInputElement>('input')?.click();
  };

  private readonly read = async (event: Event): Promise<void> => {
    const input = event.target as HTMLInputElement;
    const file = input.files?.[0];
    if (!file) return;
    const picture = await readFile(file);
    input.value = '';
    if (picture) this.picked(picture);
    else this.bad = true;
  };
}
