/*
 * main.c - thresher's entry. What happens next is in command.c.
 */
#include "cli/command.h"

int main(int argc, char **argv)
{
	return command_main(argc, argv);
}
