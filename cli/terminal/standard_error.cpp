#include "truckee/cli/terminal/standard_error.hpp"

#include "truckee/cli/terminal/descriptors.hpp"

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
  // What cannot be written is lost: there is nobody to tell.
  return [descriptor](std::string_view text) { write_fully(descriptor, text); };
}

} // namespace truckee::cli
