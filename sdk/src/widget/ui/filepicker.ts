// A button that lets the person choose a file, for papers only, never for faces.
import { LitElement, css, html, nothing, type TemplateResult } from 'lit';
import { ifDefined } from 'lit/directives/if-defined.js';
import { customElement, property, state } from 'lit/decorators.js';
import { readFile, type FileProblem } from '../camera';
import type { Key, Words } from '../i18n';
import { base } from './design';
import { draw, type Icon } from './icons';

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
  /** What the button says and shows. */
  @property() label: Key = 'documentUpload';
  @property() icon: Icon = 'upload';
  @property({ type: Boolean }) primary = false;
  /** Takes PDF files too. */
  @property({ type: Boolean }) pdf = false;
  /** Opens the phone's own camera, which sees more than a video does. */
  @property({ type: Boolean }) photograph = false;
  @state() private problem: FileProblem | undefined;

  protected override render(): TemplateResult {
    return html`
      <button class=${this.primary ? 'primary' : ''} data-testid=${this.photograph ? 'photograph' : 'upload'} @click=${this.choose}>${draw(this.icon, 20)}<span>${this.words(this.label)}</span></button>
      <input hidden type="file" accept=${this.accept} capture=${ifDefined(this.photograph ? 'environment' : undefined)} data-testid=${this.photograph ? 'camera-file' : 'file'} @change=${this.read}>
      ${this.problem ? html`<p class="small" role="alert" data-testid="file-bad">${this.words(this.problem === 'large' ? 'fileLarge' : this.pdf ? 'fileBadPDF' : 'fileBad')}</p>` : nothing}`;
  }

  private get accept(): string {
    if (this.photograph) return 'image/*';
    return 'image/jpeg,image/png,image/heic,image/heif,.heic,.heif' + (this.pdf ? ',application/pdf,.pdf' : '');
  }

  private readonly choose = (): void => {
    this.problem = undefined;
    this.renderRoot.querySelector<HTMLInputElement>('input')?.click();
  };

  private readonly read = async (event: Event): Promise<void> => {
    const input = event.target as HTMLInputElement;
    const file = input.files?.[0];
    if (!file) return;
    const picture = await readFile(file, this.pdf);
    input.value = '';
    if (typeof picture === 'string') this.problem = picture;
    else this.picked(picture);
  };
}
