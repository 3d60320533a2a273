// Opened from a disk, the page is the one script that `vite-from-disk.ts` builds; from a server, its modules.
if (location.protocol === 'file:') {
  const style = document.createElement('link');
  style.rel = 'stylesheet';
  style.href = './from-disk/page.css';
  const script = document.createElement('script');
  script.src = './from-disk/page.js';
  document.head.append(style, script);
}
