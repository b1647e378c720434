// Shows what was taken, before it is sent.
import { css, html, nothing, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import type { Key } from '../i18n';
import { base } from './design';
import { ScreenElement } from './element';
import { draw } from './icons';

const MOST_SIDES = 2;
const MOST_PAGES = 4;
const LARGEST_SIDE = 1400;

@customElement('okyc-preview')
export class PreviewElement extends ScreenElement {
  static override styles = [base, css`
    .pictures { flex: 1 1 auto; min-height: 160px; display: flex; flex-direction: column; gap: 10px; }
    canvas { flex: 1 1 0; width: 100%; min-height: 0; object-fit: contain; border-radius: 18px; background: var(--raised); }
    .mirrored canvas { transform: scaleX(-1); }
    .file { flex: 1 1 0; display: flex; flex-direction: column; align-items: center; justify-content: center; gap: 10px; padding: 20px; border-radius: 18px; background: var(--raised); color: var(--muted); text-align: center; overflow-wrap: anywhere; }
    .actions .pair { display: flex; gap: 10px; }
    .pair button { flex: 1; padding-inline: 8px; }
  `];

  /** Files that this browser cannot show: they are named instead. */
  @state() private unseen: ReadonlySet<number> = new Set();

  protected override render(): TemplateResult {
    const { words, flow } = this;
    const selfie = this.type === 'selfie';
    const paper = this.type === 'address_proof';
    const [title, text, more]: [Key, Key, Key] = selfie ? ['previewSelfieTitle', 'previewSelfieText', 'previewAddSide']
      : paper ? ['previewPaperTitle', 'previewPaperText', 'previewAddPage'] : ['previewDocumentTitle', 'previewDocumentText', 'previewAddSide'];
    const sides = flow.shots.length;
    // A card's front has no such lines: its back is what comes next.
    const back = !selfie && !paper && sides === 1 && flow.zoneSeen === false;
    return html`<div class="screen">
      <div class="intro"><h1 tabindex="-1">${words(title)}</h1>
        <p class="muted small">${words(text)}</p></div>
      <div class="pictures ${selfie ? 'mirrored' : ''}">${flow.shots.map((shot, i) => html`
        <canvas role="img" aria-label=${words('previewAlt', { number: i + 1 })} ?hidden=${this.unseen.has(i)}></canvas>
        ${this.unseen.has(i) ? html`<div class="file" data-testid="preview-file">${draw('letter', 40)}<span>${shot instanceof File ? shot.name : words('previewAlt', { number: i + 1 })}</span></div>` : nothing}`)}</div>
      <div class="actions">
        ${back ? html`<p class="small muted" data-testid="back-wanted">${words('previewBackText')}</p>
          <button class="primary" data-testid="add-side" @click=${() => flow.addSide()}>${words('previewBack')}</button>` : nothing}
        <button class=${back ? '' : 'primary'} data-testid="use" @click=${() => void flow.sendShots()}>${words(paper ? 'previewUsePaper' : back ? 'previewNoBack' : sides > 1 ? 'previewUseAll' : 'previewUse')}</button>
        <div class="pair">
          <button data-testid="retake" @click=${() => flow.retake()}>${words(paper ? 'previewChooseAgain' : 'previewRetake')}</button>
          ${!selfie && !back && sides < (paper ? MOST_PAGES : MOST_SIDES) ? html`<button data-testid="add-side" @click=${() => flow.addSide()}>${words(more)}</button>` : nothing}
        </div>
      </div>
    </div>`;
  }

  protected override firstUpdated(): void {
    super.firstUpdated();
    this.renderRoot.querySelectorAll('canvas').forEach((canvas, i) => {
      const shot = this.flow.shots[i];
      if (shot) void paint(canvas, shot).catch(() => (this.unseen = new Set([...this.unseen, i])));
    });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.renderRoot.querySelectorAll('canvas').forEach((canvas) => (canvas.width = canvas.height = 0));
  }

  private get type(): string {
    const state = this.flow.state;
    return state?.steps[state.step]?.type ?? '';
  }
}

async function paint(canvas: HTMLCanvasElement, shot: Blob): Promise<void> {
  const picture = await createImageBitmap(shot);
  const scale = Math.min(1, LARGEST_SIDE / Math.max(picture.width, picture.height));
  canvas.width = Math.round(picture.width * scale);
  canvas.height = Math.round(picture.height * scale);
  canvas.getContext('2d')?.drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
}
