// The page of `openkyc attacks record`: films what is held before the camera
// with the widget's own camera and choice of frames, and hands it to the
// program that serves the page. It asks for each move by the clock.
import { Camera, CameraFault } from '../widget/camera';
import { pick, type Frame } from '../widget/recorder';
import { notice } from '../widget/device';

const MOVE_MS = 2200;
const EVERY_MS = 280; // as the widget looks
const SIDE = 640;
const QUALITY = 0.7;

const asks: Record<string, string> = { centre: 'Look straight ahead', left: 'Turn to your own left', right: 'Turn to your own right', nod: 'Lower your chin, as in a slow nod', blink: 'Close your eyes, count to two, open them' };

const find = <T extends HTMLElement>(id: string): T => document.getElementById(id) as T;
const button = find<HTMLButtonElement>('start');
const label = find<HTMLInputElement>('label');
const ask = find('ask');
const says = find('says');
const camera = new Camera(() => tell('The camera is gone.'));

function tell(text: string): void {
  says.textContent = text;
}

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, Math.max(0, ms)));

async function film(moves: string[]): Promise<Frame[]> {
  const frames: Frame[] = [];
  const began = performance.now();
  for (let move = 0; move < moves.length; move++) {
    ask.textContent = asks[moves[move] ?? ''] ?? moves[move] ?? '';
    const until = began + (move + 1) * MOVE_MS;
    while (performance.now() < until) {
      const at = performance.now();
      const picture = await camera.grab(SIDE, QUALITY);
      if (picture) frames.push({ picture, score: -1, mark: { atMs: Math.round(performance.now() - began), move } });
      await pause(EVERY_MS - (performance.now() - at));
    }
  }
  ask.textContent = '';
  return frames;
}

async function record(): Promise<void> {
  button.disabled = true;
  try {
    tell('');
    const drawn = await fetch('challenge', { method: 'POST' });
    if (!drawn.ok) throw new Error(await drawn.text());
    const { id, moves } = await drawn.json() as { id: string; moves: string[] };
    const frames = pick(await film(moves));
    const first = frames[0];
    if (first) first.mark.device = notice(camera.label);
    const form = new FormData();
    form.append('frames', JSON.stringify(frames.map((f) => f.mark)));
    frames.forEach((f, i) => form.append('images', f.picture, `${i}.jpg`));
    const saved = await fetch(`recording?id=${encodeURIComponent(id)}&label=${encodeURIComponent(label.value)}`, { method: 'POST', body: form });
    tell(await saved.text());
  } catch (fault) {
    tell(fault instanceof Error ? fault.message : String(fault));
  }
  button.disabled = false;
}

button.addEventListener('click', () => void record());
find('stage').append(camera.video);
camera.open('user').then(() => { button.disabled = false; }, (fault: unknown) => {
  tell(fault instanceof CameraFault ? `The camera cannot be opened: ${fault.problem}.` : String(fault));
});
