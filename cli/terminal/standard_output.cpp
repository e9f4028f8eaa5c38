#include "truckee/cli/terminal/standard_output.hpp"

#include "truckee/cli/terminal/complaint.hpp"
#include "truckee/cli/terminal/descriptors.hpp"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <unistd.h>

namespace truckee::cli {

int write_output(std::string_view text) {
  return write_fully(STDOUT_FILENO, text);
}

std::string output_problem(int number) {
  return number == EBADF ? "standard output is closed"
                         : std::string("cannot write to standard output: ") +
                               std::strerror(number); // NOLINT(concurrency-mt-unsafe): copied at once
}

result<void> can_give() {
  return is_writable(STDOUT_FILENO) ? result<void>{} : fail(errc::io, output_problem(EBADF));
}

int give(std::string_view text, int code) {
  const int number = write_output(text);
  if (number == 0)
    return code;
  return number == EPIPE ? ended_by(SIGPIPE) : complain({errc::io, output_problem(number)});
}

} // namespace truckee::cli
