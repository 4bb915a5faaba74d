/*
 * main.c - thresher's entry. What happens next is in command.c.
 */
#include "cli/command.h"

#include "base/standard_fds.h"

int main(int argc, char **argv)
{
	standard_fds_take();
	return command_main(argc, argv);
}
