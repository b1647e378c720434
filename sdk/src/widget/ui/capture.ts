// What the three camera screens share: opening the camera, the loop of looks,
// one hint at a time, switching cameras, and letting go of everything.
import { html, nothing, type TemplateResult } from 'lit';
import { state } from 'lit/decorators.js';
import { Refusal } from '../api';
import { Camera, CameraFault, type Facing } from '../camera';
import type { Key } from '../i18n';
import { ScreenElement } from './element';
import { draw } from './icons';

const LOOK_EVERY_MS = 280;
const LOOK_SIDE = 640;
const LOOK_QUALITY = 0.7;
const SHOT_QUALITY = 0.92;
const HINT_HOLD_MS = 700; // a hint that flickers cannot be read
const BLIND_AFTER = 4; // looks in a row that got no answer: go on without hints

export abstract class CaptureElement<Look> extends ScreenElement {
  protected readonly camera = new Camera(() => this.flow.cameraFailed('no-camera'));
  protected abstract readonly facing: Facing;
  @state() protected ready = false;
  @state() protected hint: Key | undefined;
  @state() protected hintGood = false;
  /** No looks can be had now: hints and automatic shots are off, the buttons work. */
  @state() protected blind = false;
  private hintAt = 0;
  private missed = 0;
  private running = 0;
  private shooting = false;

  override connectedCallback(): void {
    super.connectedCallback();
    void this.openCamera('');
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.running++;
    this.camera.stop();
  }

  protected abstract look(frame: Blob): Promise<Look>;
  /** One look's outcome, or undefined when none could be had. */
  protected abstract seen(look: Look | undefined, frame: Blob): void | Promise<void>;

  protected async openCamera(device: string): Promise<void> {
    this.ready = false;
    const run = ++this.running;
    try {
      await this.camera.open(this.facing, device);
    } catch (fault) {
      if (run === this.running) this.flow.cameraFailed(fault instanceof CameraFault ? fault.problem : 'no-camera');
      return;
    }
    await this.loop(run);
  }

  private async loop(run: number): Promise<void> {
    while (run === this.running) {
      const began = performance.now();
      if (this.camera.ready && !this.flow.offline) {
        this.ready = true;
        const frame = await this.grab();
        const look = frame && await this.tryLook(frame);
        if (run !== this.running) return;
        if (frame) await this.seen(look, frame);
      }
      await new Promise((resolve) => setTimeout(resolve, Math.max(30, LOOK_EVERY_MS - (performance.now() - began))));
    }
  }

  /** A small picture of what the camera sees now, for a look or as evidence. */
  protected grab(): Promise<Blob | undefined> {
    return this.camera.grab(LOOK_SIDE, LOOK_QUALITY);
  }

  private async tryLook(frame: Blob): Promise<Look | undefined> {
    try {
      const look = await this.look(frame);
      this.missed = 0;
      this.blind = false;
      return look;
    } catch (fault) {
      if (fault instanceof Refusal && fault.code === 'unauthorised') this.flow.takenUpElsewhere(); // before a photo is taken for nothing
      this.missed++;
      this.blind = this.missed >= BLIND_AFTER;
      return undefined;
    }
  }

  /** Takes the picture that is sent, once. One that came to nothing can be taken again. */
  protected async shoot(side: number): Promise<void> {
    if (this.shooting || !this.camera.ready) return;
    this.shooting = true;
    const shot = await this.camera.grab(side, SHOT_QUALITY);
    if (shot && this.isConnected) this.flow.preview(shot);
    else this.shooting = false;
  }

  protected say(hint: Key, good = false): void {
    const now = performance.now();
    if (hint === this.hint || (now - this.hintAt < HINT_HOLD_MS && !good)) return;
    this.hint = hint;
    this.hintGood = good;
    this.hintAt = now;
  }

  protected hintPill(): TemplateResult {
    return html`<div class="hint ${this.hintGood ? 'good' : ''}" role="status" data-testid="hint" ?hidden=${!this.hint}>${this.hint ? this.words(this.hint) : nothing}</div>`;
  }

  protected switchButton(): TemplateResult {
    if (!this.camera.several) return html`<span></span>`;
    return html`<button class="side" data-testid="switch-camera" @click=${() => void this.openCamera(this.camera.nextDevice)}>${draw('swap', 20)}<span>${this.words('cameraSwitch')}</span></button>`;
  }

  protected video(label: Key): TemplateResult {
    this.camera.video.setAttribute('aria-label', this.words(label));
    return html`${this.camera.video}${this.ready ? nothing : html`<div class="waiting">${this.words('loading')}</div>`}`;
  }
}
