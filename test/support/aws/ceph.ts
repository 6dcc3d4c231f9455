/** Ceph's radosgw over one monitor and one object store in memory, on free ports of this machine. */
import { execFile } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort, startServerProcess } from './server-process.ts';
import type { AwsServer } from './servers.ts';

const execute = promisify(execFile);
const MEMORY = 4 * 1024 ** 3;

/** Starts the three daemons, in the foreground of processes that end with this one, and makes a user. */
export async function startCeph(): Promise<AwsServer> {
  const folder = await mkdtemp(join(tmpdir(), 'sealroom-ceph-'));
  const cluster = new Cluster(folder, { monitor: await freePort(), gateway: await freePort() });
  await cluster.configure();
  await cluster.startMonitor();
  await cluster.startStore();
  await cluster.startGateway();
  return cluster.makeUser();
}

class Cluster {
  readonly #folder: string;
  readonly #ports: { readonly monitor: number; readonly gateway: number };

  constructor(folder: string, ports: { readonly monitor: number; readonly gateway: number }) {
    this.#folder = folder;
    this.#ports = ports;
  }

  async configure(): Promise<void> {
    for (const name of ['mon', 'osd', 'run']) await mkdir(this.#path(name));
    await writeFile(this.#path('ceph.conf'), this.#configuration());
    await this.#run('ceph-authtool', '-C', this.#path('keyring'), '--gen-key', '-n', 'mon.', '--cap', 'mon', 'allow *');
    for (const name of ['client.admin', 'osd.0', 'client.rgw.a']) {
      const all = ['mon', 'osd', 'mgr'].flatMap((service) => ['--cap', service, 'allow *']);
      await this.#run('ceph-authtool', this.#path('keyring'), '--gen-key', '-n', name, ...all);
    }
  }

  async startMonitor(): Promise<void> {
    const map = this.#path('monmap');
    const address = `[v2:127.0.0.1:${this.#ports.monitor}]`;
    await this.#run('monmaptool', '--create', '--fsid', this.#id, '--addv', 'a', address, map);
    await this.#ceph('ceph-mon', '-i', 'a', '--mkfs', '--monmap', map, '--keyring', this.#path('keyring'));
    await this.#start('ceph-mon', ['-i', 'a'], () => listens(this.#ports.monitor));
  }

  async startStore(): Promise<void> {
    const id = randomUUID();
    await this.#ceph('ceph', 'osd', 'new', id);
    await this.#ceph('ceph-osd', '-i', '0', '--mkfs', '--osd-uuid', id);
    await this.#start('ceph-osd', ['-i', '0'], async () => {
      const { stdout } = await this.#ceph('ceph', 'osd', 'stat');
      return stdout.includes('1 up');
    });
  }

  async startGateway(): Promise<void> {
    await this.#start('radosgw', ['-n', 'client.rgw.a'], this.#endpoint);
  }

  async makeUser(): Promise<AwsServer> {
    const [accessKeyId, secretAccessKey] = [randomBytes(10).toString('hex'), randomBytes(20).toString('hex')];
    const keys = [`--access-key=${accessKeyId}`, `--secret-key=${secretAccessKey}`];
    await this.#ceph('radosgw-admin', '-n', 'client.rgw.a', 'user', 'create', '--uid=a', '--display-name=a', ...keys);
    return { endpoint: this.#endpoint, credentials: { accessKeyId, secretAccessKey }, region: 'us-east-1' };
  }

  get #endpoint(): string {
    return `http://127.0.0.1:${this.#ports.gateway}`;
  }

  readonly #id: string = randomUUID();

  #path(name: string): string {
    return join(this.#folder, name);
  }

  #run(command: string, ...words: readonly string[]): Promise<{ stdout: string }> {
    return execute(command, words);
  }

  #ceph(command: string, ...words: readonly string[]): Promise<{ stdout: string }> {
    return this.#run(command, '-c', this.#path('ceph.conf'), ...words);
  }

  /** In the foreground: what goes into the background of its own accord would outlive whoever watches it. */
  #start(command: string, words: readonly string[], url: string | (() => Promise<boolean>)): Promise<void> {
    const all = ['-f', '-c', this.#path('ceph.conf'), ...words];
    return startServerProcess({ command, arguments: all, url, folder: this.#folder });
  }

  #configuration(): string {
    return `[global]
fsid = ${this.#id}
mon_host = [v2:127.0.0.1:${this.#ports.monitor}]
public_network = 127.0.0.0/8
ms_bind_ipv6 = false
auth_cluster_required = cephx
auth_service_required = cephx
auth_client_required = cephx
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 4
osd_pool_default_pgp_num = 4
osd_pool_default_pg_autoscale_mode = off
mon_allow_pool_size_one = true
mon_max_pg_per_osd = 1000
osd_crush_chooseleaf_type = 0
osd_objectstore = memstore
memstore_device_bytes = ${MEMORY}
run_dir = ${this.#path('run')}
admin_socket = ${this.#path('run')}/$name.asok
pid_file = ${this.#path('run')}/$name.pid
log_file = ${this.#path('log')}
mon_data = ${this.#path('mon')}
osd_data = ${this.#path('osd')}
keyring = ${this.#path('keyring')}
[client.rgw.a]
rgw_frontends = beast endpoint=127.0.0.1:${this.#ports.gateway} tcp_nodelay=1
rgw_enable_usage_log = false
rgw_enable_ops_log = false
rgw_run_sync_thread = false
`;
  }
}

async function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const tell = (is: boolean) => (): void => {
      socket.destroy();
      resolve(is);
    };
    socket.once('connect', tell(true)).once('error', tell(false));
  });
}
