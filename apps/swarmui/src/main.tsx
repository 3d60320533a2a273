// The entry of the page: styles for everything, then the frame. Places and what they need are loaded when they are gone to.

import { createRoot } from 'react-dom/client';
import { App } from './app/app.tsx';
import './style/fonts.ts';
import './style/tokens.css';
import './style/base.css';

const root = document.getElementById('root');
if (root !== null) createRoot(root).render(<App />);
