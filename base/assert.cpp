#include "truckee/base/assert.hpp"

#include <cstdio>
#include <cstdlib>

namespace truckee {

void assertion_failed(const char* condition, const char* promise, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: a defect: %s; %s does not hold\n", file, line, promise, condition);
  std::abort();
}

} // namespace truckee
