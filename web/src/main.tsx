/** Where the page begins. */
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { arrivalAt } from './session/arrival.ts';
import './look/base.css';

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no root');
// Before anything is drawn, and drawn again: a code counts once.
const arrival = arrivalAt(location);
createRoot(root).render(
  <StrictMode>
    <App arrival={arrival} />
  </StrictMode>,
);
