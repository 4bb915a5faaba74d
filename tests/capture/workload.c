/*
 * workload.c - what the recorder is tested with: processes doing known things, and the truth about it. Sockets and
 * pipes are in workload_sockets.c.
 *
 *   workload TRUTH FOLDER PART...
 *
 * Parts: files, processes, killed, threads, pipes, unix, tcp SERVER-NETNS CLIENT-NETNS SERVER-IP, container, spin,
 * loop. Each call that matters is followed by a note: one line of TRUTH, "tid|event|text|text...", texts that the
 * line of this event must hold when thresher prints it. Lines of one thread stand in the order of its calls. Notes
 * are kept in memory and written when a process ends, so that they add one call each. Nothing here depends on time:
 * two runs make the same calls (but for tcp, and of killed it depends on who looks whether the last call returned).
 */
#include "workload.h"

#include <dirent.h>
#include <stdarg.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sendfile.h>

static char notes[1 << 16];
static size_t notes_len;
const char *folder;
static int truth_fd; /* from the beginning: a child may change its root */
static pthread_mutex_t notes_lock = PTHREAD_MUTEX_INITIALIZER;

_Noreturn void die(const char *what)
{
	perror(what);
	_exit(99);
}

long need(long result, const char *what)
{
	if (result < 0) {
		die(what);
	}
	return result;
}

void note(const char *event, const char *fmt, ...)
{
	va_list ap;

	pthread_mutex_lock(&notes_lock);
	notes_len +=
		(size_t)snprintf(notes + notes_len, sizeof(notes) - notes_len, "%ld|%s|", syscall(SYS_gettid), event);
	va_start(ap, fmt);
	notes_len += (size_t)vsnprintf(notes + notes_len, sizeof(notes) - notes_len, fmt, ap);
	va_end(ap);
	notes_len += (size_t)snprintf(notes + notes_len, sizeof(notes) - notes_len, "\n");
	pthread_mutex_unlock(&notes_lock);
}

void write_notes(void)
{
	if (write(truth_fd, notes, notes_len) != (ssize_t)notes_len) {
		die("the truth");
	}
	notes_len = 0;
}

const char *in(const char *name)
{
	static __thread char paths[4][512];
	static __thread unsigned int next;

	next = (next + 1) % 4;
	snprintf(paths[next], sizeof(paths[next]), "%s/%s", folder, name);
	return paths[next];
}

/* ---- files ---------------------------------------------------------------------------------------------- */

static void files_data(void)
{
	struct iovec two[2] = { { "vector-one", 10 }, { "vector-two", 10 } };
	char data[256];
	int fd, other;
	void *map;

	fd = (int)need(openat(AT_FDCWD, in("data"), O_RDWR | O_CREAT | O_CLOEXEC, 0640), "openat");
	note("openat", "fd=%d(|name=%s/data|O_RDWR|O_CREAT|O_CLOEXEC|mode=0640", fd, folder);
	need(write(fd, "hello file", 10), "write");
	note("write", "res=10 |data=hello file|fd=%d(<f>%s/data)|size=10", fd, folder);
	need(writev(fd, two, 2), "writev");
	note("writev", "res=20 |data=vector-onevector-two|size=20");
	need(pwrite(fd, "HELLO", 5, 0), "pwrite");
	note("pwrite", "res=5 |data=HELLO|pos=0");
	need(lseek(fd, 6, SEEK_SET), "lseek");
	note("lseek", "res=6 |offset=6|SEEK_SET");
	need(read(fd, data, 200), "read");
	note("read", "res=24 |data=filevector-onevector-two|size=200");
	need(read(fd, data, 200) + 0, "read");
	note("read", "res=0 |size=200");
	need(pread(fd, data, 5, 0), "pread");
	note("pread", "res=5 |data=HELLO|pos=0");
	need(ftruncate(fd, 8192), "ftruncate");
	need(fchmod(fd, 0600), "fchmod");
	note("fchmod", "res=0 |mode=0600");
	map = mmap(NULL, 8192, PROT_READ, MAP_PRIVATE, fd, 0);
	if (map == MAP_FAILED) {
		die("mmap");
	}
	note("mmap", "length=8192|PROT_READ|MAP_PRIVATE|fd=%d(<f>%s/data)", fd, folder);
	munmap(map, 8192);
	other = (int)need(openat(AT_FDCWD, in("copy"), O_WRONLY | O_CREAT | O_TRUNC, 0600), "openat");
	note("openat", "fd=%d(|name=%s/copy|O_WRONLY|O_TRUNC", other, folder);
	need(copy_file_range(fd, &(off64_t){ 0 }, other, NULL, 10, 0), "copy_file_range");
	note("copy_file_range", "res=10 |%d(<f>%s/data)|%d(<f>%s/copy)", fd, folder, other, folder);
	need(sendfile(other, fd, &(off_t){ 0 }, 7), "sendfile");
	note("sendfile", "res=7 |%d(<f>%s/data)|%d(<f>%s/copy)", fd, folder, other, folder);
	need(dup2(other, 77), "dup2");
	note("dup2", "77(|%s/copy", folder);
	need(write(77, "through a copy", 14), "write");
	note("write", "res=14 |data=through a copy|fd=77(<f>%s/copy)", folder);
	need(fcntl(77, F_DUPFD_CLOEXEC, 90), "fcntl");
	note("fcntl", "F_DUPFD_CLOEXEC");
	close(90);
	close(77);
	note("close", "res=0 |fd=77(<f>%s/copy)", folder);
	close(other);
	close(fd);
	note("close", "res=0 |fd=%d(<f>%s/data)", fd, folder);
	if (write(fd, "x", 1) >= 0) {
		die("write to a closed descriptor");
	}
	note("write", "EBADF|fd=%d", fd);
}

static void files_names(void)
{
	char entries[4096];
	long n;
	int fd;

	need(mkdir(in("dir"), 0750), "mkdir");
	note("mkdir", "res=0 |path=%s/dir", folder);
	need(symlink("nowhere", in("dir/symbolic")), "symlink");
	note("symlink", "res=0 |target=nowhere|%s/dir/symbolic", folder);
	need(link(in("data"), in("dir/hard")), "link");
	note("link", "res=0 |%s/data|%s/dir/hard", folder, folder);
	need(rename(in("dir/hard"), in("dir/renamed")), "rename");
	note("rename", "res=0 |oldpath=%s/dir/hard|newpath=%s/dir/renamed", folder, folder);
	fd = (int)need(open(in("dir"), O_RDONLY | O_DIRECTORY | O_CLOEXEC), "open");
	note("openat", "fd=%d(|name=%s/dir |O_DIRECTORY", fd, folder);
	n = need(syscall(SYS_getdents64, fd, entries, sizeof(entries)), "getdents64");
	note("getdents64", "fd=%d(", fd);
	if (n == 0) {
		die("getdents64");
	}
	close(fd);
	need(chmod(in("dir/renamed"), 0644), "chmod");
	note("chmod", "res=0 |filename=%s/dir/renamed|mode=0644", folder);
	need(chown(in("dir/renamed"), 1234, 5678), "chown");
	note("chown", "res=0 |path=%s/dir/renamed|uid=1234|gid=5678", folder);
	if (open(in("absent"), O_RDONLY) >= 0 || errno != ENOENT) {
		die("open of an absent file");
	}
	note("openat", "fd=-2(ENOENT)|name=%s/absent", folder);
	if (rmdir(in("dir")) == 0) {
		die("rmdir");
	}
	note("rmdir", "ENOTEMPTY|path=%s/dir", folder);
	need(unlink(in("dir/renamed")), "unlink");
	note("unlink", "res=0 |path=%s/dir/renamed", folder);
	need(unlinkat(AT_FDCWD, in("dir/symbolic"), 0), "unlinkat");
	note("unlinkat", "res=0 |name=%s/dir/symbolic", folder);
	need(rmdir(in("dir")), "rmdir");
	note("rmdir", "res=0 |path=%s/dir", folder);
}

static void files_other(void)
{
	int fd = (int)need(memfd_create("secret-memory", MFD_CLOEXEC), "memfd_create");

	note("memfd_create", "%d(|name=secret-memory|MFD_CLOEXEC", fd);
	close(fd);
	fd = (int)need(eventfd(5, EFD_CLOEXEC), "eventfd");
	close(fd);
	fd = (int)need(inotify_init1(IN_CLOEXEC), "inotify_init1");
	close(fd);
	need(chdir(folder), "chdir");
	note("chdir", "res=0 |path=%s", folder);
	fd = (int)need(open("relative", O_WRONLY | O_CREAT | O_CLOEXEC, 0600), "open");
	need(write(fd, "relative to cwd", 15), "write");
	note("write", "res=15 |fd=%d(<f>%s/relative)", fd, folder);
	close(fd);
}

static void part_files(void)
{
	files_data();
	files_names();
	files_other();
}

/* ---- processes ------------------------------------------------------------------------------------------ */

void wait_for(pid_t pid, int expected)
{
	int status;

	need(waitpid(pid, &status, 0), "waitpid");
	if (!WIFEXITED(status) || WEXITSTATUS(status) != expected) {
		fprintf(stderr, "workload: process %d ended with %#x, not %d\n", (int)pid, status, expected);
		_exit(99);
	}
}

_Noreturn void child_ends(int status)
{
	note("procexit", "ret=%d", status);
	write_notes();
	_exit(status);
}

static void child_execs(void)
{
	char *nothing[] = { "nothing", NULL };

	execve("/no/such/program", nothing, nothing);
	note("execve", "ENOENT|/no/such/program");
	execve(in("data"), nothing, nothing);
	note("execve", "EACCES");
	note("execve", "res=0 |args=-c.exit 5.last argument.|exe=/bin/sh|pid=%d(|comm=sh", getpid());
	note("procexit", "ret=5");
	write_notes();
	execve("/bin/sh", (char *[]){ "/bin/sh", "-c", "exit 5", "last argument", NULL },
	       (char *[]){ "WORKLOAD=environment", "PATH=/bin:/usr/bin", NULL });
	die("execve");
}

static void child_rights(void)
{
	need(unshare(CLONE_NEWNS), "unshare");
	note("unshare", "res=0 |CLONE_NEWNS");
	need(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "mount");
	need(mkdir(in("mounted"), 0700), "mkdir");
	need(mount("workload", in("mounted"), "tmpfs", 0, NULL), "mount");
	note("mount", "res=0 |dir=%s/mounted|type=tmpfs", folder);
	need(umount2(in("mounted"), MNT_DETACH), "umount2");
	note("umount2", "res=0 |%s/mounted", folder);
	need(rmdir(in("mounted")), "rmdir");
	need(prctl(PR_SET_NAME, "renamed-task"), "prctl");
	note("prctl", "res=0 |PR_SET_NAME|renamed-task");
	need(setsid(), "setsid");
	note("setsid", "res=%d", getpid());
	need(chroot(folder), "chroot");
	note("chroot", "res=0 |path=%s", folder);
	need(setresgid(5678, 5678, 5678), "setresgid");
	note("setresgid", "res=0 |5678");
	need(setresuid(1234, 1234, 1234), "setresuid");
	note("setresuid", "res=0 |1234");
	if (setuid(0) == 0) {
		die("setuid");
	}
	note("setuid", "EPERM|uid=0");
	note("kill", "res=0 |pid=%d(|sig=0", getpid());
	need(kill(getpid(), 0), "kill");
	child_ends(4);
}

pid_t start(void (*fn)(void))
{
	pid_t pid;

	write_notes(); /* the child begins without */
	pid = (pid_t)need(fork(), "fork");
	if (pid == 0) {
		note("clone", "res=0 |tid=%d(|ptid=%d(", getpid(), getppid());
		fn();
		_exit(99);
	}
	note("clone", "res=%d(", pid);
	return pid;
}

static void child_simple(void)
{
	child_ends(3);
}

static void child_killed(void)
{
	note("kill", "res=0 |SIGKILL");
	note("procexit", "sig=9");
	write_notes();
	kill(getpid(), SIGKILL);
}

static void part_processes(void)
{
	struct rlimit limit;

	wait_for(start(child_simple), 3);
	wait_for(start(child_execs), 5);
	wait_for(start(child_rights), 4);
	need(getrlimit(RLIMIT_NOFILE, &limit), "getrlimit");
	note("prlimit", "res=0 |RLIMIT_NOFILE");
}

static void part_killed(void)
{
	pid_t pid = start(child_killed);

	need(waitpid(pid, NULL, 0), "waitpid");
}

/* ---- threads -------------------------------------------------------------------------------------------- */

static void *thread_main(void *arg)
{
	int number = (int)(intptr_t)arg;
	char name[32];
	int fd;

	snprintf(name, sizeof(name), "thread-%d", number);
	fd = (int)need(openat(AT_FDCWD, in(name), O_WRONLY | O_CREAT | O_CLOEXEC, 0600), "openat");
	note("openat", "fd=%d(|name=%s/%s", fd, folder, name);
	need(write(fd, name, strlen(name)), "write");
	note("write", "data=%s|fd=%d(<f>%s/%s)", name, fd, folder, name);
	close(fd);
	usleep(20000); /* so that who joins it has to wait */
	return NULL;
}

static void part_threads(void)
{
	for (int i = 0; i < 4; i++) {
		pthread_t t;

		if (pthread_create(&t, NULL, thread_main, (void *)(intptr_t)i) != 0) {
			die("pthread_create");
		}
		pthread_join(t, NULL);
	}
}

/* ---- others --------------------------------------------------------------------------------------------- */

static void part_container(void)
{
	int fd = (int)need(openat(AT_FDCWD, in("in-container"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600), "openat");

	note("openat", "fd=%d(|name=%s/in-container", fd, folder);
	close(fd);
}

/* Numbered calls, for rotation: none may be missing, none twice. */
static void part_spin(void)
{
	char name[32];

	for (int i = 0; i < 30000; i++) {
		snprintf(name, sizeof(name), "/spin/%d", i);
		access(name, F_OK);
		if (i % 100 == 0) {
			usleep(5000);
		}
	}
}

/* Until it is killed. */
static void part_loop(void)
{
	for (;;) {
		access("/loop", F_OK);
		usleep(10000);
	}
}

static const struct {
	const char *name;
	void (*run)(void);
} parts[] = {
	{ "files", part_files },     { "processes", part_processes }, { "killed", part_killed },
	{ "threads", part_threads }, { "pipes", part_pipes },         { "unix", part_unix },
	{ "tcp", part_tcp },         { "container", part_container }, { "spin", part_spin },
	{ "loop", part_loop },
};

int main(int argc, char **argv)
{
	if (argc < 4) {
		fprintf(stderr, "usage: workload TRUTH FOLDER PART...\n");
		return 2;
	}
	truth_fd = (int)need(open(argv[1], O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666), argv[1]);
	folder = argv[2];
	for (int i = 3; i < argc; i++) {
		size_t p = 0;

		while (p < sizeof(parts) / sizeof(parts[0]) && strcmp(parts[p].name, argv[i]) != 0) {
			p++;
		}
		if (p == sizeof(parts) / sizeof(parts[0])) {
			fprintf(stderr, "workload: no part '%s'\n", argv[i]);
			return 2;
		}
		if (parts[p].run == part_tcp && i + 3 < argc) {
			server_ns = argv[++i];
			client_ns = argv[++i];
			server_ip = argv[++i];
		}
		parts[p].run();
	}
	write_notes();
	return 0;
}
