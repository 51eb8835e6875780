package templates

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/text/currency"
)

func coerceMoney(in any) (value, error) {
	var amount any
	var code string
	switch x := in.(type) {
	case Money:
		amount, code = x.Amount, x.Currency
	case map[string]any:
		for k := range x {
			if k != "amount" && k != "currency" {
				return value{}, errors.New("expected only amount and currency")
			}
		}
		amount = x["amount"]
		code, _ = x["currency"].(string)
	case string:
		a, b, ok := strings.Cut(clean(x), " ")
		if a == "" {
			return value{}, nil
		}
		if !ok {
			return value{}, errors.New(`expected an amount and a currency, such as "1250.00 MYR"`)
		}
		if a[0] >= 'A' {
			a, b = b, a
		}
		amount, code = a, b
	default:
		return value{}, fmt.Errorf("expected an amount and a currency, not %s", kindOf(in))
	}
	return money(amount, code)
}

// money pads the amount to the decimals of its currency (ISO 4217) and refuses
// more than those, since rounding somebody's money is not a template's business.
func money(amount any, code string) (value, error) {
	unit, err := currency.ParseISO(code)
	if err != nil {
		return value{}, errors.New("expected a currency of ISO 4217, such as SAR")
	}
	digits, err := decimal(amount)
	if err != nil {
		return value{}, err
	}
	if digits == "" {
		return value{}, errors.New("expected an amount")
	}
	scale, _ := currency.Standard.Rounding(unit)
	whole, frac, _ := strings.Cut(digits, ".")
	if strings.Trim(frac[min(scale, len(frac)):], "0") != "" {
		return value{}, fmt.Errorf("%s has %d decimals", unit, scale)
	}
	frac = (frac + "000000")[:scale]
	if frac != "" {
		whole += "." + frac
	}
	return value{typ: MoneyType, text: whole, code: unit.String()}, nil
}

// group puts a comma between thousands, as all three languages do.
func group(digits string) string {
	whole, frac, hasFrac := strings.Cut(digits, ".")
	var b strings.Builder
	for i, c := range []byte(whole) {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteByte(c)
	}
	if hasFrac {
		b.WriteByte('.')
		b.WriteString(frac)
	}
	return b.String()
}
