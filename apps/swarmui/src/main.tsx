// The entry of the page.

import { createRoot } from 'react-dom/client';
import { App } from './app/app.tsx';
import './style/fonts.ts';
import './style/tokens.css';
import './style/base.css';

const root = document.getElementById('root');
if (root !== null) createRoot(root).render(<App />);
