// What the graphics card, or the processor in its stead, still has to do, by fences of WebGL 2: a page that sends pictures faster than they
// are made has its keys and clicks wait behind all of them.

/** Without an answer for so long, ms, the fence is given up: a lost card answers none. */
const GIVEN_UP_MS = 1000;

export class Pending {
  readonly #gl: WebGL2RenderingContext;
  #fence: WebGLSync | undefined;
  #sentMs = 0;

  constructor(gl: WebGL2RenderingContext) {
    this.#gl = gl;
  }

  /** What was sent until now is waited for. */
  sent(): void {
    if (this.#fence !== undefined) this.#gl.deleteSync(this.#fence);
    this.#fence = this.#gl.fenceSync(this.#gl.SYNC_GPU_COMMANDS_COMPLETE, 0) ?? undefined;
    this.#gl.flush();
    this.#sentMs = performance.now();
  }

  /** Whether it is not done yet. Does not wait. */
  get isBusy(): boolean {
    const gl = this.#gl;
    if (this.#fence === undefined) return false;
    const isDone = gl.getSyncParameter(this.#fence, gl.SYNC_STATUS) === gl.SIGNALED;
    if (!isDone && !gl.isContextLost() && performance.now() - this.#sentMs < GIVEN_UP_MS) return true;
    gl.deleteSync(this.#fence);
    this.#fence = undefined;
    return false;
  }
}

/** Names that rasterisers without a card have, of Chromium, Mesa and Windows. */
const SOFTWARE = /swiftshader|llvmpipe|softpipe|software|basic render/i;

/** Whether pictures are made by the processor. A browser that does not tell is taken at its best. */
export function isSoftware(gl: WebGL2RenderingContext): boolean {
  const named = gl.getExtension('WEBGL_debug_renderer_info');
  return SOFTWARE.test(String(gl.getParameter(named === null ? gl.RENDERER : named.UNMASKED_RENDERER_WEBGL)));
}
