#pragma once

#include "grid/model_slot.hpp"
#include "model/interner.hpp"
#include "model/names.hpp"
#include "truckee/grid/publish/write_message.hpp"

/// Slots, messages and answers, each by number; what a message does to a slot is worked out once.
namespace truckee::model {

struct request {
  std::uint8_t place = 0; ///< of the server
  grid::read_test_write message;
  std::string text; ///< for people
};

/// What came of a message at a slot.
struct landing {
  std::uint32_t slot = 0;    ///< as it then is
  std::uint32_t outcome = 0; ///< as the writer understands the answer
  bool passed = false;
};

class servers {
public:
  std::uint32_t slot(const std::map<share_number, bytes>& shares);
  const grid::slot_contents& contents(std::uint32_t slot) const { return slots_[slot].contents; }
  std::string describe(std::uint32_t slot) const;

  std::uint32_t take(std::uint8_t place, const grid::publish_message& message, const grid::file_version& ours,
                     byte_view signature);
  const request& message(std::uint32_t number) const { return requests_[number]; }

  std::uint32_t outcome(const grid::write_outcome& what);
  const grid::write_outcome& outcome(std::uint32_t number) const { return outcomes_[number]; }

  landing land(std::uint32_t message, std::uint32_t slot);

private:
  struct known_slot {
    test::model_slot bytes;
    grid::slot_contents contents;
  };
  interner<known_slot> slots_;
  interner<request> requests_;
  interner<grid::write_outcome> outcomes_;
  std::unordered_map<std::uint64_t, landing> landings_;
};

} // namespace truckee::model
