#include "program/support/program.hpp"

using namespace truckee::test;

namespace {
class Host : public program_test {};
} // namespace

TEST_F(Host, publishes_inside_a_program_of_its_own_that_goes_on_when_the_client_stops) {
  const auto ran = process(HOST_PROGRAM, {path("home")}, place().path()).wait();
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ran.out, "report: 10 shares\n"
                     "1 publish counted in the program's registry\n"
                     "letter: the archive is closed, kept for later\n"
                     "report: 10 shares\n"
                     "1 publish counted in the program's registry\n"
                     "letter: the archive is closed, kept for later\n"
                     "progress was told\n"
                     "1 metric left, the program's own\n");
  EXPECT_EQ(ran.err, "");
}
