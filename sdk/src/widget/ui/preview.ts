// Shows what was taken, before it is sent.
import { css, html, nothing, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import { base } from './design';
import { ScreenElement } from './element';

const MOST_SIDES = 2;
const LARGEST_SIDE = 1400;

@customElement('okyc-preview')
export class PreviewElement extends ScreenElement {
  static override styles = [base, css`
    .pictures { flex: 1 1 auto; min-height: 160px; display: flex; flex-direction: column; gap: 10px; }
    canvas { flex: 1 1 0; width: 100%; min-height: 0; object-fit: contain; border-radius: 18px; background: var(--raised); }
    .mirrored canvas { transform: scaleX(-1); }
    .actions .pair { display: flex; gap: 10px; }
    .pair button { flex: 1; padding-inline: 8px; }
  `];

  protected override render(): TemplateResult {
    const { words, flow } = this;
    const selfie = this.type === 'selfie';
    const sides = flow.shots.length;
    return html`<div class="screen">
      <div class="intro"><h1 tabindex="-1">${words(selfie ? 'previewSelfieTitle' : 'previewDocumentTitle')}</h1>
        <p class="muted small">${words(selfie ? 'previewSelfieText' : 'previewDocumentText')}</p></div>
      <div class="pictures ${selfie ? 'mirrored' : ''}">${flow.shots.map((_, i) => html`<canvas role="img" aria-label=${words('previewAlt', { number: i + 1 })}></canvas>`)}</div>
      <div class="actions">
        <button class="primary" data-testid="use" @click=${() => void flow.sendShots()}>${words(sides > 1 ? 'previewUseAll' : 'previewUse')}</button>
        <div class="pair">
          <button data-testid="retake" @click=${() => flow.retake()}>${words('previewRetake')}</button>
          ${!selfie && sides < MOST_SIDES ? html`<button data-testid="add-side" @click=${() => flow.addSide()}>${words('previewAddSide')}</button>` : nothing}
        </div>
      </div>
    </div>`;
  }

  protected override firstUpdated(): void {
    super.firstUpdated();
    this.renderRoot.querySelectorAll('canvas').forEach((canvas, i) => {
      const shot = this.flow.shots[i];
      if (shot) void paint(canvas, shot);
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
