#include "truckee/cli/terminal/complaint.hpp"

#include "truckee/base/text.hpp"
#include "truckee/cli/exit_code.hpp"
#include "truckee/cli/files/secret_files.hpp"
#include "truckee/cli/terminal/standard_error.hpp"

namespace truckee::cli {

int complain(const error& e) {
  tell("truckee: " + escaped(without_capabilities(to_string(e))) + "\n");
  return exit_code_of(e.code);
}

int finish(const result<int>& done) {
  return done ? *done : complain(done.error());
}

} // namespace truckee::cli
