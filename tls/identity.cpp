#include "truckee/tls/identity.hpp"

#include "truckee/tls/openssl_handles.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <ctime>
#include <openssl/asn1.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>

namespace truckee::tls {

namespace {

constexpr std::string_view unit_prefix = "truckee ";

/// Whoever makes a certificate chooses its texts, and they are shown on terminals: all but visible ASCII is replaced.
std::string visible(std::string text) {
  for (auto& c : text)
    if (c < ' ' || c > '~')
      c = '?';
  return text;
}

std::string text_of(const ASN1_STRING* x) {
  if (x == nullptr)
    return {};
  return visible({reinterpret_cast<const char*>(ASN1_STRING_get0_data(x)),
                  static_cast<std::size_t>(ASN1_STRING_length(x))});
}

std::string lowered(std::string_view text) {
  std::string out{text};
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return out;
}

/// IP addresses in the form that inet_ntop writes, all else in lower case.
std::string normal(std::string_view name) {
  const std::string text{name};
  std::array<unsigned char, 16> raw{};
  std::array<char, INET6_ADDRSTRLEN> out{};
  for (const int family : {AF_INET, AF_INET6})
    if (::inet_pton(family, text.c_str(), raw.data()) == 1)
      return ::inet_ntop(family, raw.data(), out.data(), out.size());
  return lowered(name);
}

std::string address_text(const ASN1_OCTET_STRING* raw) {
  const int size = ASN1_STRING_length(raw);
  std::array<char, INET6_ADDRSTRLEN> out{};
  if (size != 4 && size != 16)
    return {};
  return ::inet_ntop(size == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(raw), out.data(), out.size());
}

std::int64_t seconds_of(const ASN1_TIME* when) {
  std::tm parts{};
  return when != nullptr && ASN1_TIME_to_tm(when, &parts) == 1 ? ::timegm(&parts) : 0;
}

/// All of a subject's entries of one kind.
std::vector<std::string> entries(const X509* certificate, int kind) {
  std::vector<std::string> out;
  const X509_NAME* subject = X509_get_subject_name(certificate);
  for (int at = -1; (at = X509_NAME_get_index_by_NID(subject, kind, at)) >= 0;)
    out.push_back(text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at))));
  return out;
}

std::vector<std::string> alternative_names(const X509* certificate) {
  std::vector<std::string> out;
  const std::unique_ptr<GENERAL_NAMES, freed_by<GENERAL_NAMES_free>> all{
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr))};
  for (int i = 0; all && i < sk_GENERAL_NAME_num(all.get()); ++i) {
    const auto* each = sk_GENERAL_NAME_value(all.get(), i);
    if (each->type == GEN_DNS)
      out.push_back(lowered(text_of(each->d.dNSName)));
    else if (each->type == GEN_IPADD)
      out.push_back(address_text(each->d.iPAddress));
  }
  return out;
}

pin pin_of(const X509* certificate) {
  pin out;
  unsigned char* der = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
  if (size > 0)
    SHA256(der, static_cast<std::size_t>(size), reinterpret_cast<unsigned char*>(out.data.data()));
  OPENSSL_free(der);
  return out;
}

} // namespace

std::optional<role> role_named(std::string_view word) {
  const auto at = std::find(role_words.begin(), role_words.end(), word);
  if (at == role_words.end())
    return std::nullopt;
  return static_cast<role>(at - role_words.begin());
}

std::string unit_of(role x) {
  return std::string(unit_prefix) + std::string(to_word(x));
}

bool identity::is_for(std::span<const role> wanted) const {
  if (wanted.empty())
    return true;
  // Who reads metrics has a certificate for that alone; one of before may be anything else.
  return made_for == role::any || std::find(wanted.begin(), wanted.end(), made_for) != wanted.end();
}

bool identity::is_named(std::string_view name) const {
  return std::find(names.begin(), names.end(), normal(name)) != names.end();
}

identity identity_of(const X509* certificate) {
  identity out;
  const auto common = entries(certificate, NID_commonName);
  out.common_name = common.empty() ? std::string{} : common.front();
  out.names = alternative_names(certificate);
  for (const auto& unit : entries(certificate, NID_organizationalUnitName))
    if (unit.starts_with(unit_prefix))
      if (const auto found = role_named(std::string_view(unit).substr(unit_prefix.size())))
        out.made_for = *found;
  out.not_before = seconds_of(X509_get0_notBefore(certificate));
  out.not_after = seconds_of(X509_get0_notAfter(certificate));
  out.key = pin_of(certificate);
  return out;
}

std::string date_of(std::int64_t unix_seconds) {
  const auto when = static_cast<std::time_t>(unix_seconds);
  std::tm parts{};
  std::array<char, 40> out{};
  if (::gmtime_r(&when, &parts) == nullptr)
    return std::to_string(unix_seconds);
  return {out.data(), std::strftime(out.data(), out.size(), "%Y-%m-%d %H:%M:%S UTC", &parts)};
}

} // namespace truckee::tls
