// What the widget tells of the device that films. Only words of this file are
// ever sent: a camera's own name often holds that of its owner.
export interface Device {
  camera?: string;
  automated?: boolean;
  software?: boolean;
}

/** Programs that pose as cameras, by what their labels contain. A phone that serves as a webcam is a camera and not among them. */
const PROGRAMS: [RegExp, string][] = [
  [/\bobs\b/i, 'obs'], [/manycam/i, 'manycam'], [/snap ?camera/i, 'snap'], [/xsplit/i, 'xsplit'],
  [/splitcam/i, 'splitcam'], [/e2esoft|vcam/i, 'vcam'], [/v4l2loopback|dummy video/i, 'loopback'], [/mmhmm/i, 'mmhmm'],
  [/avatarify|deepfacelive|faceswap/i, 'swap'], [/fake_device|fake device|\.(y4m|mjpeg)$/i, 'fake'],
  [/virtual/i, 'virtual'],
];

/** The known program that a camera is, or undefined. */
export function programOf(label: string): string | undefined {
  return PROGRAMS.find(([pattern]) => pattern.test(label))?.[1];
}

/** Tells of the camera with this label and of the browser around it. */
export function notice(label: string): Device {
  const device: Device = {};
  const camera = programOf(label);
  if (camera !== undefined) device.camera = camera;
  if (navigator.webdriver) device.automated = true;
  if (drawsInSoftware()) device.software = true;
  return device;
}

/** Browsers without a screen, and those in virtual machines, draw without graphics hardware. */
function drawsInSoftware(): boolean {
  const gl = document.createElement('canvas').getContext('webgl');
  if (gl === null) return false; // switched off, which says nothing
  const names = gl.getExtension('WEBGL_debug_renderer_info');
  const renderer = String(gl.getParameter(names?.UNMASKED_RENDERER_WEBGL ?? gl.RENDERER));
  gl.getExtension('WEBGL_lose_context')?.loseContext();
  return /swiftshader|llvmpipe|software/i.test(renderer);
}
