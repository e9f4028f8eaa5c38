#pragma once

#include <cstddef>
#include <fstream>
#include <string>
#include <unistd.h>

namespace truckee::test {

/// Memory that a process holds, by the kernel's count, in KiB; 0 where it has ended.
inline std::size_t resident_kib(pid_t process = ::getpid()) {
  std::ifstream in("/proc/" + std::to_string(process) + "/status");
  for (std::string word; in >> word;)
    if (word == "VmRSS:") {
      std::size_t out = 0;
      in >> out;
      return out;
    }
  return 0;
}

} // namespace truckee::test
