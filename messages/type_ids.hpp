#pragma once

/// What CAF must know of each message type, on either generation. On CAF 1.1 a type is a number on the wire, on 0.17
/// its name; both are fixed for ever, and tests/messages/type_ids_test.cpp holds them.
///
/// Truckee's numbers begin at 3000, far from CAF's first custom one, where the blocks of most hosts begin. A cluster
/// that uses 3000 itself moves them by building every node with -DTRUCKEE_FIRST_TYPE_ID=N. 3000..3199 cross the
/// network, 3200..3299 stay in one process. A new type gets the next number of its range; a type that is given up
/// leaves its number to a struct `retired_N`, for CAF wants a block without holes.

#include "truckee/messages/caf/protocol.hpp"

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/type_id.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#ifndef TRUCKEE_FIRST_TYPE_ID
#define TRUCKEE_FIRST_TYPE_ID 3000
#endif

namespace truckee::messages {

/// The first number of this build.
inline constexpr std::uint32_t first_type_id = TRUCKEE_FIRST_TYPE_ID;
/// The numbers as they are written in the lists, whatever this build's first one is.
inline constexpr std::uint32_t wire_numbers_begin = 3000;
inline constexpr std::uint32_t process_numbers_begin = 3200;
inline constexpr std::uint32_t numbers_end = 3300;

static_assert(first_type_id + (numbers_end - wire_numbers_begin) < 65'535, "CAF's numbers have 16 bits");
#if TRUCKEE_CAF_1
static_assert(first_type_id >= caf::first_custom_type_id, "CAF's own types have the numbers below");
#endif

/// A type as the wire knows it.
struct numbered_type {
  std::uint32_t number = 0;
  std::string_view name;
};

/// Whether the numbers run from `begin` without a hole, and stay below `end`.
template <std::size_t N>
constexpr bool numbers_run(const std::array<numbered_type, N>& types, std::uint32_t begin,
                           std::uint32_t end) {
  for (std::size_t i = 0; i < N; ++i)
    if (types[i].number != begin + i)
      return false;
  return begin + N <= end;
}

} // namespace truckee::messages

// One line of a list as a numbered_type.
#define TRUCKEE_NUMBERED_TYPE(number, type) truckee::messages::numbered_type{number, #type},

// One line of a list for CAF 1.1, which counts by itself where nobody tells it: here the number is given.
#if TRUCKEE_CAF_1
#define TRUCKEE_TYPE_ID(number, type_)                                                                       \
  template <>                                                                                                \
  struct type_id<type_> {                                                                                    \
    static constexpr type_id_t value =                                                                       \
        static_cast<type_id_t>(TRUCKEE_FIRST_TYPE_ID + (number)-truckee::messages::wire_numbers_begin);      \
  };                                                                                                         \
  template <>                                                                                                \
  struct type_by_id<type_id<type_>::value> {                                                                 \
    using type = type_;                                                                                      \
  };                                                                                                         \
  template <>                                                                                                \
  struct type_name<type_> {                                                                                  \
    static constexpr std::string_view value = #type_;                                                        \
  };                                                                                                         \
  template <>                                                                                                \
  struct type_name_by_id<type_id<type_>::value> : type_name<type_> {};
#endif
