import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Progress, formatSize } from '../../src/cli/progress.ts';
import type { ProgressOptions } from '../../src/cli/progress.ts';

/** A terminal, and a clock that stands still until it is told. */
class FakeTerminal {
  readonly isTTY: boolean;
  readonly columns: number;
  written = '';
  time = 0;

  constructor({ isTTY = true, columns = 80 } = {}) {
    this.isTTY = isTTY;
    this.columns = columns;
  }

  write(text: string): void {
    this.written += text;
  }

  progress(options: Partial<ProgressOptions> = {}): Progress {
    return new Progress(this, { label: 'a.txt', total: 2 ** 20, shown: true, now: () => this.time, ...options });
  }
}

const ERASE = '\r\u001b[2K';

describe('progress', () => {
  test('is silent for the first second, then shows part and speed, and goes away at the end', () => {
    const terminal = new FakeTerminal();
    {
      using progress = terminal.progress();
      progress.add(2 ** 19);
      terminal.time = 999;
      progress.draw();
      assert.equal(terminal.written.length, 0);
      terminal.time = 2000;
      progress.draw();
      assert.equal(terminal.written, `${ERASE}a.txt [==========          ] 50% 256 KiB/s`);
    }
    assert.ok(terminal.written.endsWith(ERASE));
  });

  test('leaves no trace of what was done soon', () => {
    const terminal = new FakeTerminal();
    terminal.progress()[Symbol.dispose]();
    assert.equal(terminal.written, '');
  });

  test('makes room for a line of results, and is drawn again after it', () => {
    const terminal = new FakeTerminal();
    using progress = terminal.progress();
    progress.hide();
    assert.equal(terminal.written, '');
    terminal.time = 2000;
    progress.draw();
    progress.hide();
    progress.hide();
    const line = terminal.written;
    assert.ok(line.endsWith(`B/s${ERASE}`));
    progress.draw();
    assert.ok(terminal.written.length > line.length);
  });

  test('shows how much where the end is not known', () => {
    const terminal = new FakeTerminal();
    using progress = terminal.progress({ total: undefined });
    progress.add(3 * 2 ** 20);
    terminal.time = 3000;
    progress.draw();
    assert.equal(terminal.written, `${ERASE}a.txt 3.0 MiB 1.0 MiB/s`);
  });

  test('counts no speed for what was done before it began, nor for what is done twice', () => {
    const terminal = new FakeTerminal();
    using progress = terminal.progress();
    terminal.time = 2000;
    const drawn = (bytes: number): string => {
      terminal.written = '';
      progress.reach(bytes);
      progress.draw();
      return terminal.written;
    };
    assert.equal(drawn(2 ** 19), `${ERASE}a.txt [==========          ] 50% 0 B/s`);
    assert.equal(drawn(2 ** 19 + 2 ** 18), `${ERASE}a.txt [===============     ] 75% 128 KiB/s`);
    assert.equal(drawn(2 ** 18), `${ERASE}a.txt [=====               ] 25% 0 B/s`);
  });

  test('keeps to one line of the terminal, however narrow', () => {
    for (const columns of [1, 10, 30, 40, 200]) {
      const terminal = new FakeTerminal({ columns });
      using progress = terminal.progress({ label: 'x'.repeat(100) });
      terminal.time = 2000;
      progress.draw();
      assert.ok(terminal.written.length - ERASE.length < columns, `${columns} columns`);
    }
  });

  test('never says more than all', () => {
    const terminal = new FakeTerminal();
    using progress = terminal.progress({ total: 10 });
    progress.add(20);
    terminal.time = 2000;
    progress.draw();
    assert.match(terminal.written, / 100% /);
  });

  test('is for terminals, and for those who want it', () => {
    for (const [terminal, shown] of [
      [new FakeTerminal({ isTTY: false }), true],
      [new FakeTerminal(), false],
    ] as const) {
      using progress = terminal.progress({ shown });
      terminal.time = 2000;
      progress.draw();
      assert.equal(terminal.written, '');
    }
  });

  test('counts a chunk once the next one is asked for', async () => {
    const terminal = new FakeTerminal();
    using progress = terminal.progress({ total: 4 });
    const source = (async function* () {
      yield new Uint8Array(2);
      yield new Uint8Array(2);
    })();
    terminal.time = 1000;
    const parts: string[] = [];
    for await (const _ of progress.count(source)) {
      progress.draw();
      parts.push(/\d+%/.exec(terminal.written.split(ERASE).at(-1)!)![0]);
    }
    assert.deepEqual(parts, ['0%', '50%']);
  });
});

test('a size is told in the unit that fits', () => {
  assert.deepEqual([0, 1023, 1024, 1536, 10 * 1024, 2 ** 40, 2 ** 60].map(formatSize), [
    '0 B',
    '1023 B',
    '1.0 KiB',
    '1.5 KiB',
    '10 KiB',
    '1.0 TiB',
    '1024 PiB',
  ]);
});
