/*
 * files.h - descriptors: from number to file, what kind it is, its inode, its path.
 */
#ifndef CAPTURE_BPF_FILES_H
#define CAPTURE_BPF_FILES_H

#include "call.h"
#include "item.h"

#define PATH_PARTS 2048	/* of one letter each fill RECORD_PATH */

/* The file behind a descriptor of a task (of the current one), or NULL. */
static __always_inline struct file *file_of_task(struct task_struct *t, s32 fd)
{
	struct fdtable *table = GET(GET(t, files), fdt);
	u64 place;

	if (fd < 0 || (u32)fd >= GET(table, max_fds)) {
		return NULL;
	}
	/* A place that holds a pointer to a file, seen as the structure that begins with one. */
	place = (u64)GET(table, fd) + (u64)fd * sizeof(void *) - bpf_core_field_offset(struct kiocb, ki_filp);
	return GET((struct kiocb *)place, ki_filp);
}

static __always_inline struct file *file_of(s32 fd)
{
	return file_of_task((void *)bpf_get_current_task(), fd);
}

/*
 * Of an overlay's inode: its name in the upper layer follows it in memory (struct ovl_inode), NULL when it is in the
 * lower one only.
 */
static __always_inline u32 layer_of(struct inode *inode)
{
	struct super_block *sb = GET(inode, i_sb);
	void *upper = NULL;

	if (GET(sb, s_magic) != OVERLAY_MAGIC) {
		return RECORD_LAYER_NONE;
	}
	bpf_probe_read_kernel(&upper, sizeof(upper), (char *)inode + bpf_core_type_size(struct inode));
	return upper ? RECORD_LAYER_UPPER : RECORD_LAYER_LOWER;
}

static __always_inline void read_file(struct file *file, struct record_file *f)
{
	struct inode *inode = GET(file, f_inode);

	f->ino = GET(inode, i_ino);
	f->dev = GET(GET(inode, i_sb), s_dev);
	f->mode = GET(inode, i_mode);
	f->open_mode = GET(file, f_mode);
	f->links = GET(inode, i_nlink);
	f->layer = layer_of(inode);
	f->spare = 0;
}

ON_ITS_OWN int take_file(u32 slot, u32 at, u32 fd)
{
	struct scratch *s = scratch_of(slot);
	struct file *file = file_of((s32)fd);

	if (!s || at >= RECORD_BODY) {
		return (int)at;
	}
	if (!file) {
		return (int)item_end(s, at, 0, 0);
	}
	read_file(file, (void *)ITEM_BYTES(s, at));
	return (int)item_end(s, at, sizeof(struct record_file), 0);
}

/*
 * One part of the path: false at its end. A function of its own, and its state in memory, so that its turns cost
 * the verifier nothing.
 */
ON_ITS_OWN int path_step(u32 slot, u32 at)
{
	struct scratch *s = scratch_of(slot);
	struct dentry *dentry, *parent, *root;
	struct mount *mount, *above;
	u32 offset;
	long got;

	if (!s || s->walk.len >= RECORD_PATH) {
		return 0;
	}
	dentry = (void *)s->walk.dentry;
	mount = (void *)s->walk.mount;
	parent = GET(dentry, d_parent);
	root = GET(mount, mnt.mnt_root);
	if (dentry == root) {
		above = GET(mount, mnt_parent);
		if (!above || above == mount) {
			return 0;
		}
		s->walk.dentry = (u64)GET(mount, mnt_mountpoint);
		s->walk.mount = (u64)above;
		return 1;
	}
	if (dentry == parent && s->walk.len > 0) {
		return 0;
	}
	offset = s->walk.len;
	OPAQUE(offset);
	got = bpf_probe_read_kernel_str(ITEM_BYTES(s, at) + (offset & (RECORD_PATH - 1)), 256,
					GET(dentry, d_name.name));
	if (got <= 0) {
		return 0;
	}
	s->walk.len = offset + (u32)got;
	s->walk.dentry = (u64)parent;
	return dentry != parent;
}

/*
 * The parts of a path up to the root of its mount namespace, innermost first. A process in a chroot sees less of it,
 * the recording needs all. Files that are nowhere (memfd) have one part: their name.
 */
ON_ITS_OWN int take_path(u32 slot, u32 at, u64 file_address)
{
	struct scratch *s = scratch_of(slot);
	struct file *file = (void *)file_address;

	if (!s || at >= RECORD_BODY) {
		return (int)at;
	}
	s->walk.len = 0;
	if (file) {
		s->walk.dentry = (u64)GET(file, f_path.dentry);
		s->walk.mount = (u64)GET(file, f_path.mnt) - bpf_core_field_offset(struct mount, mnt);
		for (int i = 0; i < PATH_PARTS; i++) {
			if (!path_step(slot, at)) {
				break;
			}
		}
	}
	return (int)item_end(s, at, s->walk.len, 0);
}

#endif
