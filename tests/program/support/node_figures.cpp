#include "program/support/node_figures.hpp"

#include <fstream>
#include <sstream>
#include <unistd.h>

namespace truckee::test {

double processor_seconds(const process& p) {
  std::ifstream in("/proc/" + std::to_string(p.id()) + "/stat");
  // The name in brackets may have anything in it; its times are the 12th and 13th word after that.
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  std::istringstream rest(text.substr(text.rfind(')') == text.npos ? text.size() : text.rfind(')') + 1));
  std::string skipped;
  for (int i = 0; i < 11; ++i)
    rest >> skipped;
  double user = 0;
  double system = 0;
  rest >> user >> system;
  return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

} // namespace truckee::test
