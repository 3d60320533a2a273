// A place that fails does not take the page with it.

import { Component, type ReactNode } from 'react';

interface State {
  readonly error: Error | undefined;
}

/** Shows what went wrong instead of its children, and how to go on. */
export class ErrorBoundary extends Component<{ readonly children: ReactNode }, State> {
  override state: State = { error: undefined };

  static getDerivedStateFromError(error: Error): State {
    return { error };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (error === undefined) return this.props.children;
    return (
      <div className="notice" data-tone="error" role="alert">
        <strong>This place failed: {error.message}</strong>
        <span>What is in the hive is not touched by that. The other places go on.</span>
        <button type="button" className="button" onClick={() => this.setState({ error: undefined })}>
          Try again
        </button>
        <button type="button" className="button" onClick={() => location.reload()}>
          Load the page anew
        </button>
      </div>
    );
  }
}
