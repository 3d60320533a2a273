// The canvas: one mesh of PixiJS, drawn as many times as there are instances, from one buffer and one atlas: one upload and one draw call a
// picture, and what is not seen is not in the buffer. 100,000 grains take 3 ms of script (bench/hive.html; this project's machine, 2026-11),
// where Pixi's ParticleContainer takes 24 to 30. The import of `unsafe-eval` replaces Pixi's generated code, so that the page's policy can
// forbid eval.

import 'pixi.js/unsafe-eval';
import {
  Buffer,
  BufferUsage,
  CanvasSource,
  Container,
  Geometry,
  GlProgram,
  Mesh,
  Shader,
  Texture,
  Ticker,
  WebGLRenderer,
} from 'pixi.js';
import { fontLoaded, paintAtlas } from './atlas.ts';
import type { Camera, Size } from './camera.ts';
import { ATLAS_HEIGHT, ATLAS_WIDTH, FRAME, GLYPH_CELL, GLYPHS_PER_ROW, SHAPE_CELL, SHAPES } from './frames.ts';
import { INSTANCE_BYTES, type Instances } from './instances.ts';

/** A canvas that draws instances. */
export interface Scene {
  readonly canvas: HTMLCanvasElement;
  resize(size: Size): void;
  /** Draws what is in `instances` as `camera` sees it. The buffer is lent for the call. */
  render(instances: Instances, camera: Camera): void;
  /** Frees the graphics card; the canvas is empty from then on. */
  destroy(): void;
}

/** Sharper than this nobody sees, and each pixel costs. */
const RESOLUTION_MAX = 2;

/** Makes a canvas. @throws Error when the browser has no WebGL. */
export async function createScene(size: Size): Promise<Scene> {
  await fontLoaded();
  // Pixi keeps house by a clock that asks for every frame; with one texture and one buffer there is nothing to keep.
  Ticker.system.autoStart = false;
  Ticker.system.stop();
  const renderer = new WebGLRenderer();
  await renderer.init({
    ...whole(size),
    antialias: false,
    backgroundAlpha: 0,
    autoDensity: true,
    resolution: Math.min(globalThis.devicePixelRatio, RESOLUTION_MAX),
    skipExtensionImports: true,
    powerPreference: 'low-power',
  });
  const source = new CanvasSource({ resource: paintAtlas(), autoGenerateMipmaps: true, mipmapFilter: 'linear' });
  const buffer = new Buffer({
    data: new Float32Array(0),
    usage: BufferUsage.VERTEX | BufferUsage.COPY_DST,
    shrinkToFit: false,
  });
  const geometry = geometryOf(buffer);
  const shader = new Shader({
    glProgram: GlProgram.from({ vertex: VERTEX, fragment: FRAGMENT, name: 'hive' }),
    resources: { uTexture: source, uSampler: source.style },
  });
  const mesh = new Mesh({ geometry, shader, texture: new Texture({ source }) });
  const stage = new Container({ children: [mesh] });
  let shown: Size = size;
  return {
    canvas: renderer.canvas as HTMLCanvasElement,
    resize: (next) => {
      shown = next;
      const { width, height } = whole(next);
      renderer.resize(width, height);
    },
    render: (instances, { x, y, zoom }) => {
      if (buffer.data !== instances.floats) buffer.data = instances.floats;
      buffer.update(instances.count * INSTANCE_BYTES);
      geometry.instanceCount = instances.count;
      mesh.visible = instances.count > 0;
      mesh.scale.set(zoom);
      mesh.position.set(shown.width / 2 - x * zoom, shown.height / 2 - y * zoom);
      renderer.render(stage);
    },
    destroy: () => {
      stage.destroy({ children: true });
      geometry.destroy(true);
      shader.destroy(true);
      source.destroy();
      renderer.destroy({ removeView: true });
    },
  };
}

function whole({ width, height }: Size): Size {
  return { width: Math.max(Math.round(width), 1), height: Math.max(Math.round(height), 1) };
}

/** A square for each instance. */
function geometryOf(buffer: Buffer): Geometry {
  const of = (format: 'float32' | 'float32x2' | 'unorm8x4', offset: number) =>
    ({ buffer, format, offset, stride: INSTANCE_BYTES, instance: true }) as const;
  return new Geometry({
    attributes: {
      aPosition: { buffer: new Buffer({ data: CORNERS, usage: BufferUsage.VERTEX }), format: 'float32x2' },
      aMiddle: of('float32x2', 0),
      aSize: of('float32', 8),
      aFrame: of('float32', 12),
      aColor: of('unorm8x4', 16),
    },
    indexBuffer: new Uint32Array([0, 1, 2, 0, 2, 3]),
    instanceCount: 0,
  });
}

const CORNERS = new Float32Array([0, 0, 1, 0, 1, 1, 0, 1]);

const VERTEX = `#version 300 es
in vec2 aPosition;
in vec2 aMiddle;
in float aSize;
in float aFrame;
in vec4 aColor;
out vec2 vUV;
out vec2 vAt;
out vec4 vColor;
flat out int vFrame;
uniform mat3 uProjectionMatrix;
uniform mat3 uWorldTransformMatrix;
uniform mat3 uTransformMatrix;
void main() {
  vec2 world = aMiddle + (aPosition - 0.5) * aSize;
  mat3 matrix = uProjectionMatrix * uWorldTransformMatrix * uTransformMatrix;
  gl_Position = vec4((matrix * vec3(world, 1.0)).xy, 0.0, 1.0);
  float glyph = aFrame - ${SHAPES}.0;
  float row = floor((glyph + 0.5) / ${GLYPHS_PER_ROW}.0);
  vec2 shapeAt = vec2(aFrame * ${SHAPE_CELL}.0, 0.0);
  vec2 glyphAt = vec2((glyph - row * ${GLYPHS_PER_ROW}.0) * ${GLYPH_CELL}.0, ${SHAPE_CELL}.0 + row * ${GLYPH_CELL}.0);
  bool isShape = glyph < -0.5;
  vec2 cell = isShape ? shapeAt : glyphAt;
  float side = isShape ? ${SHAPE_CELL}.0 : ${GLYPH_CELL}.0;
  vUV = (cell + aPosition * side) / vec2(${ATLAS_WIDTH}.0, ${ATLAS_HEIGHT}.0);
  vAt = aPosition * 2.0 - 1.0;
  vFrame = int(aFrame + 0.5);
  vColor = vec4(aColor.rgb * aColor.a, aColor.a);
}
`;

const FRAGMENT = `#version 300 es
precision highp float;
in vec2 vUV;
in vec2 vAt;
in vec4 vColor;
flat in int vFrame;
out vec4 finalColor;
uniform sampler2D uTexture;
void main() {
  float away = length(vAt);
  float pixel = fwidth(away);
  // The atlas is white: what counts of it is how much it covers. Discs and lines around something are sharp at any size.
  float cover = texture(uTexture, vUV).a;
  if (vFrame == ${FRAME.disc}) cover = 1.0 - smoothstep(1.0 - 1.5 * pixel, 1.0, away);
  if (vFrame == ${FRAME.thinRing}) cover = 1.0 - smoothstep(0.5 * pixel, 1.6 * pixel, abs(away - 1.0 + 2.0 * pixel));
  finalColor = vColor * cover;
}
`;
