#pragma once

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <string>
#include <sys/resource.h>
#include <sys/types.h>

/// The most memory that processes had.
namespace truckee::test {

/// MiB that the children of this process had at most, of those that have ended.
inline double most_of_the_children() {
  rusage used{};
  ::getrusage(RUSAGE_CHILDREN, &used);
  return static_cast<double>(used.ru_maxrss) / 1024;
}

/// How large a file shall be, in MiB: TRUCKEE_LARGE_FILE_MIB, or 200.
inline std::uint64_t large_file_mib() {
  const char* asked = std::getenv("TRUCKEE_LARGE_FILE_MIB");
  return asked != nullptr ? std::strtoull(asked, nullptr, 10) : 200;
}

/// MiB that a truckee had at most; 0 before it is one: until then it has what this process has.
inline double most_of(pid_t process) {
  std::ifstream in("/proc/" + std::to_string(process) + "/status");
  std::string word;
  if (!(in >> word >> word) || word != "truckee")
    return 0;
  while (in >> word)
    if (word == "VmHWM:") {
      double kib = 0;
      in >> kib;
      return kib / 1024;
    }
  return 0;
}

} // namespace truckee::test
