// The camera: opening it, telling why it cannot be opened, switching, and
// taking JPEG pictures that are never mirrored.

export type Facing = 'user' | 'environment';
export type CameraProblem = 'permission' | 'no-camera' | 'busy' | 'insecure';

const STALLED_MS = 1000; // then take what there is

export class CameraFault extends Error {
  constructor(readonly problem: CameraProblem) {
    super(problem);
  }
}

export class Camera {
  readonly video = document.createElement('video');
  private stream: MediaStream | undefined;
  private readonly canvas = document.createElement('canvas');
  private devices: MediaDeviceInfo[] = [];
  private opening = 0;

  constructor(private readonly lost: () => void) {
    this.video.muted = true;
    this.video.playsInline = true;
    this.video.autoplay = true;
  }

  /** Opens a camera of this facing, or the very one that is named. Throws CameraFault. */
  async open(facing: Facing, device = ''): Promise<void> {
    this.stop();
    const ticket = ++this.opening;
    const media: MediaDevices | undefined = navigator.mediaDevices;
    if (media?.getUserMedia === undefined) throw new CameraFault(window.isSecureContext ? 'no-camera' : 'insecure');
    const size = facing === 'environment' ? { width: { ideal: 1920 }, height: { ideal: 1080 } } : { width: { ideal: 1280 }, height: { ideal: 720 } };
    let stream: MediaStream;
    try {
      const which: MediaTrackConstraints = device === '' ? { facingMode: { ideal: facing } } : { deviceId: { exact: device } };
      stream = await media.getUserMedia({ audio: false, video: { ...which, ...size } });
    } catch (fault) {
      throw new CameraFault(problemOf(fault));
    }
    // Somebody closed the screen, or switched again, while the person was being asked.
    if (ticket !== this.opening) {
      stream.getTracks().forEach((t) => t.stop());
      return;
    }
    this.stream = stream;
    stream.getVideoTracks().forEach((t) => (t.onended = () => this.lost()));
    this.video.srcObject = stream;
    await this.video.play().catch(() => undefined);
    this.devices = (await media.enumerateDevices().catch(() => [])).filter((d) => d.kind === 'videoinput');
  }

  stop(): void {
    this.opening++;
    this.stream?.getTracks().forEach((t) => {
      t.onended = null;
      t.stop();
    });
    this.stream = undefined;
    this.video.srcObject = null;
    this.canvas.width = this.canvas.height = 0; // frees the last picture
  }

  get ready(): boolean {
    return this.stream !== undefined && this.video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA && this.video.videoWidth > 0;
  }

  get several(): boolean {
    return this.devices.length > 1;
  }

  /** Tells whether the picture should be shown like a mirror: it looks at the person. */
  get mirrored(): boolean {
    return this.settings?.facingMode !== 'environment';
  }

  /** What the camera calls itself; never to be sent. */
  get label(): string {
    return this.stream?.getVideoTracks()[0]?.label ?? '';
  }

  /** The id of the camera after the one in use. */
  get nextDevice(): string {
    const now = this.devices.findIndex((d) => d.deviceId === this.settings?.deviceId);
    return this.devices[(now + 1) % Math.max(1, this.devices.length)]?.deviceId ?? '';
  }

  /** A JPEG of what the camera sees now, its larger side at most max pixels; undefined when it was let go of meanwhile. */
  async grab(max: number, quality: number): Promise<Blob | undefined> {
    const ticket = this.opening;
    await this.fresh();
    if (ticket !== this.opening) return undefined;
    const { videoWidth: w, videoHeight: h } = this.video;
    const scale = Math.min(1, max / Math.max(w, h, 1));
    this.canvas.width = Math.round(w * scale);
    this.canvas.height = Math.round(h * scale);
    this.canvas.getContext('2d')?.drawImage(this.video, 0, 0, this.canvas.width, this.canvas.height);
    return toJPEG(this.canvas, quality);
  }

  /**
   * Waits for a frame that was not taken before. In the dark phones drop to a
   * few frames a second, and one frame sent twice looks like a recording.
   */
  private fresh(): Promise<void> {
    if (!('requestVideoFrameCallback' in this.video)) return Promise.resolve();
    return new Promise((done) => {
      const timer = setTimeout(done, STALLED_MS);
      this.video.requestVideoFrameCallback(() => { clearTimeout(timer); done(); });
    });
  }

  private get settings(): MediaTrackSettings | undefined {
    return this.stream?.getVideoTracks()[0]?.getSettings();
  }
}

function problemOf(fault: unknown): CameraProblem {
  const name = fault instanceof DOMException ? fault.name : '';
  if (name === 'NotAllowedError' || name === 'SecurityError') return window.isSecureContext ? 'permission' : 'insecure';
  return name === 'NotReadableError' || name === 'AbortError' ? 'busy' : 'no-camera';
}

/** A canvas without pixels, or a browser without memory, gives no picture. */
function toJPEG(canvas: HTMLCanvasElement, quality: number): Promise<Blob | undefined> {
  return new Promise((resolve) => {
    canvas.toBlob((blob) => resolve(blob ?? undefined), 'image/jpeg', quality);
  });
}

const LARGEST_FILE = 10 << 20;
const LARGEST_SIDE = 4000;

/** The server takes no larger file for one picture or document. */
const LARGEST_SENT = 12 << 20;

export type FileProblem = 'bad' | 'large';

/**
 * Makes an uploaded file fit to be sent, or tells why it is not. PDF and HEIC go
 * as they are: the server opens them, where the browser may not be able to.
 */
export async function readFile(file: File, pdf: boolean): Promise<Blob | FileProblem> {
  let picture: ImageBitmap;
  try {
    picture = await createImageBitmap(file);
  } catch {
    const kind = await kindOf(file);
    if (kind === undefined || (kind === 'pdf' && !pdf)) return 'bad';
    return file.size > LARGEST_SENT ? 'large' : file;
  }
  try {
    if ((file.type === 'image/jpeg' || file.type === 'image/png') && file.size <= LARGEST_FILE) return file;
    const scale = Math.min(1, LARGEST_SIDE / Math.max(picture.width, picture.height));
    const canvas = document.createElement('canvas');
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    canvas.getContext('2d')?.drawImage(picture, 0, 0, canvas.width, canvas.height);
    return (await toJPEG(canvas, 0.92)) ?? 'bad';
  } finally {
    picture.close();
  }
}

/** Files that the server can open and this browser perhaps cannot, by their first bytes. */
export async function kindOf(file: Blob): Promise<'pdf' | 'heic' | undefined> {
  const head = new TextDecoder('latin1').decode(await file.slice(0, 1024).arrayBuffer());
  if (head.includes('%PDF-')) return 'pdf';
  return /^[^]{4}ftyp(hei[cxms]|hev[cxms]|mif1|msf1)/.test(head) ? 'heic' : undefined;
}
