// The fonts of the page. They are packages, so that they are served with it: a page that fetched them elsewhere would tell who looks.

import '@fontsource-variable/inter/wght.css';
import '@fontsource-variable/jetbrains-mono/wght.css';
