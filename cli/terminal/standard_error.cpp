#include "truckee/cli/terminal/standard_error.hpp"

#include <cerrno>
#include <unistd.h>

namespace truckee::cli {

std::shared_ptr<bottom_line> standard_error() {
  static const auto one = std::make_shared<bottom_line>(write_to(STDERR_FILENO));
  return one;
}

void tell(std::string_view lines) {
  standard_error()->print(lines);
}

bottom_line::writer write_to(int descriptor) {
  return [descriptor](std::string_view text) {
    while (!text.empty()) {
      const auto n = ::write(descriptor, text.data(), text.size());
      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        return;
      text.remove_prefix(static_cast<std::size_t>(n));
    }
  };
}

} // namespace truckee::cli
