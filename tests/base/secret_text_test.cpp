#include "truckee/base/secret_text.hpp"

#include <cstring>
#include <gtest/gtest.h>
#include <new>
#include <type_traits>

using truckee::secret_text;

namespace {

/// So short that it lies inside the object, where it can be looked at afterwards.
constexpr const char* little = "URI:SSK:abc";

template <class T>
concept printable = requires(std::ostream& out, const T& x) {
  out << x;
};

bool holds(const void* memory, std::size_t size, std::string_view what) {
  return std::string_view(static_cast<const char*>(memory), size).find(what) != std::string_view::npos;
}

} // namespace

static_assert(printable<std::string>);
static_assert(!printable<secret_text>);

TEST(secret_text, leaves_nothing_where_it_was) {
  alignas(secret_text) std::array<std::byte, sizeof(secret_text)> place{};
  auto* x = new (place.data()) secret_text(little);
  EXPECT_TRUE(holds(place.data(), place.size(), "SSK")) << "else this test shows nothing";
  x->~secret_text();
  EXPECT_FALSE(holds(place.data(), place.size(), "SSK"));
}

TEST(secret_text, leaves_nothing_where_another_text_follows_or_it_has_moved_away) {
  alignas(secret_text) std::array<std::byte, sizeof(secret_text)> place{};
  auto* x = new (place.data()) secret_text(little);
  *x = "a";
  EXPECT_EQ(*x, "a");
  EXPECT_FALSE(holds(place.data(), place.size(), "SSK"));
  *x = little;
  secret_text other(std::move(*x));
  EXPECT_EQ(other, little);
  EXPECT_TRUE(x->empty());
  EXPECT_FALSE(holds(place.data(), place.size(), "SSK"));
  *x = little;
  other = std::move(*x);
  EXPECT_FALSE(holds(place.data(), place.size(), "SSK"));
  x->~secret_text();
}

TEST(secret_text, wipes_what_lies_elsewhere_before_it_is_given_back) {
  secret_text x(std::string(200, 'k'));
  const char* at = x.data();
  const auto size = x.size();
  x.forget();
  EXPECT_TRUE(x.empty());
  EXPECT_EQ(x.data(), at) << "its room is its own still";
  EXPECT_TRUE(std::all_of(at, at + size, [](char c) { return c == 0; }));
}

TEST(secret_text, is_a_string_otherwise) {
  const secret_text x = std::string("cap");
  const secret_text same = x;
  EXPECT_TRUE(x == same && x == "cap" && std::string_view(x) == "cap");
  EXPECT_EQ(x + "\n", "cap\n");
  secret_text itself = x;
  auto& alias = itself;
  itself = alias;
  EXPECT_EQ(itself, "cap");
}
